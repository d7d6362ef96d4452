using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using MeshConsole.Shared;
using MeshConsole.Testing;
using MeshConsole.Testing.Histories;

namespace MeshConsole.EndToEnd.Tests.Chaos;

/// <summary>One control plane in a run: its process, which dies and comes back, with a writer and a reader who go on meanwhile.</summary>
/// <param name="name">Its name in the histories.</param>
/// <param name="isZone">Whether it is a zone.</param>
/// <param name="seed">What its writer decides by.</param>
internal sealed class ChaosSite(string name, bool isZone, int seed)
{
    private const int NamesOfEach = 8;
    private readonly Random random = new(seed);
    private readonly Dictionary<string, string> labels = isZone ? new() { ["kuma.io/origin"] = "zone" } : []; // a zone must say that it means its own
    private readonly List<(Subject Subject, string Name)> owned = [];
    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);
    private readonly HashSet<string> alive = new(StringComparer.Ordinal);

    public string Name => name;

    /// <summary>The process that runs now; null while none does.</summary>
    public Live<Running> Process { get; } = new(Running.None);

    /// <summary>Where it listens, for its next start.</summary>
    public int PortOffset { get; set; }

    /// <summary>How many writes were acknowledged; whoever decides when to kill watches it.</summary>
    public Live<Count> Acknowledged { get; } = new(new Count(0));

    /// <summary>What it answered to writes that were neither done nor cut off; a healthy run has none.</summary>
    public List<string> Oddities { get; } = [];

    /// <summary>Makes it the only writer of some names of a kind.</summary>
    public void Own(Subject subject, params string[] copies)
    {
        for (var i = 0; i < NamesOfEach; i++)
        {
            var owner = $"{name}-{i}";
            subject.History.Place(owner, name, copies);
            owned.Add((subject, owner));
        }
    }

    /// <summary>Creates, changes and deletes until cancelled, one write after the other.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var running = await RunningAsync(cancellationToken);
            var (subject, target) = owned[random.Next(owned.Count)];
            var key = subject.Path + "/" + target;
            var deletes = alive.Contains(key) && random.Next(5) == 0;
            var number = deletes ? (int?)null : numbers[key] = numbers.GetValueOrDefault(key) + 1;
            var write = subject.History.Begin(target, number);
            var (outcome, died) = await TryAsync(running.Http!, subject, target, number);
            subject.History.End(write, outcome);
            if (outcome == Outcome.Acknowledged)
            {
                _ = deletes ? alive.Remove(key) : alive.Add(key);
                Acknowledged.Update(c => new Count(c.Value + 1));
            }
            else
            {
                alive.Add(key); // it may be there
            }

            if (died)
            {
                await Process.NextAsync(running, cancellationToken);
            }

            await Task.Delay(random.Next(15), cancellationToken); // the pace of people and scripts, and it leaves the machine something
        }
    }

    /// <summary>Looks at everything of one kind, again and again, until cancelled.</summary>
    public async Task ReadAsync(Subject subject, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var running = await RunningAsync(cancellationToken);
            var began = subject.History.Tick();
            if (await ListAsync(running.Http!, subject, cancellationToken) is { } values)
            {
                subject.History.Read(name, began, values);
            }

            await Task.Delay(40, cancellationToken);
        }
    }

    /// <summary>What it holds of a kind now; null when it cannot be asked.</summary>
    public static async Task<Dictionary<string, int>?> ListAsync(HttpClient http, Subject subject, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(subject.ListPath, UriKind.Relative), cancellationToken);
            return answer.IsSuccessStatusCode ? subject.Read(await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)) : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            return null; // killed before or amid its answer
        }
    }

    private async Task<Running> RunningAsync(CancellationToken cancellationToken)
    {
        var running = Process.Value;
        while (running.Http is null)
        {
            running = await Process.NextAsync(running, cancellationToken);
        }

        return running;
    }

    /// <summary>Not cancelled with the run: each write gets its answer, or its connection dies.</summary>
    private async Task<(Outcome Outcome, bool Died)> TryAsync(HttpClient http, Subject subject, string target, int? number)
    {
        var path = new Uri($"/meshes/{Subject.Mesh}/{subject.Path}/{target}", UriKind.Relative);
        try
        {
            using var answer = number is { } value
                ? await http.PutAsJsonAsync(path, subject.Body(target, value, labels), CancellationToken.None)
                : await http.DeleteAsync(path, CancellationToken.None);
            if (answer.IsSuccessStatusCode || (number is null && answer.StatusCode == HttpStatusCode.NotFound))
            {
                return (Outcome.Acknowledged, false);
            }

            Oddities.Add($"{name}: {subject.Path}/{target} = {number}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(CancellationToken.None)}");
            return (answer.StatusCode < HttpStatusCode.InternalServerError ? Outcome.Refused : Outcome.Unknown, false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (Outcome.Unknown, true);
        }
    }

    /// <summary>A client of the process that runs.</summary>
    internal sealed record Running(MeshConsoleProcess? Of)
    {
        public static Running None { get; } = new((MeshConsoleProcess?)null);

        public HttpClient? Http => Of?.Http;
    }

    /// <summary>A number that can be watched.</summary>
    internal sealed record Count(int Value);
}
