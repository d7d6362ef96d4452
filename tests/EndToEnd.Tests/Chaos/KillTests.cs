using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using MeshConsole.Testing;
using MeshConsole.Testing.Histories;

namespace MeshConsole.EndToEnd.Tests.Chaos;

/// <summary>
/// Global and two zones as processes that are killed with <c>kill -9</c> at random points, again and again, and whose links are
/// cut and frozen, while writers write at all three and readers look at all three. Environment: <c>MESHCONSOLE_CHAOS_SEED</c> repeats the decisions of a run,
/// <c>MESHCONSOLE_CHAOS_ROUNDS</c> makes it longer, <c>MESHCONSOLE_CHAOS_STORE=postgres</c> puts global on PostgreSQL.
/// </summary>
public sealed class KillTests
{
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(45);
    private static readonly string[] Quick = ["--Zone:ReconnectSeconds=1", "--Zone:ReconnectLimitSeconds=2"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GlobalAndZones_KilledAtRandomPoints_LoseNothingAndNeverGoBack()
    {
        var seed = Setting("MESHCONSOLE_CHAOS_SEED") ?? Random.Shared.Next(1, 1_000_000);
        var rounds = Setting("MESHCONSOLE_CHAOS_ROUNDS");
        Say($"seed {seed}: MESHCONSOLE_CHAOS_SEED={seed} repeats its decisions");
        await using var run = await Run.StartAsync(new Random(seed));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var watching = run.Watch(stop.Token);
        using (var writing = CancellationTokenSource.CreateLinkedTokenSource(Cancel))
        {
            var writers = run.Write(writing.Token);
            var began = TimeProvider.System.GetTimestamp();
            var round = 0;
            while (round < (rounds ?? 15) && (rounds is not null || TimeProvider.System.GetElapsedTime(began) < Enough))
            {
                await run.RoundAsync(++round);
            }

            await writing.CancelAsync();
            await EndedAsync(writers);
            Say($"{round} rounds in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s");
        }

        var settled = await run.SettleAsync();
        await stop.CancelAsync();
        await EndedAsync(watching);

        Say(run.Summary + $"; settled in {settled.TotalSeconds:0.0} s");
        Assert.Empty(await run.RejectionsAsync());
        var wrong = run.Subjects.SelectMany(s => s.History.Check().Select(v => $"{s.Path}: {v}")).Concat(run.Sites.SelectMany(s => s.Oddities)).ToList();
        Assert.True(wrong.Count == 0, $"seed {seed}:\n{string.Join('\n', wrong)}");
        Assert.All(run.Subjects, s => Assert.True(s.History.Count(Outcome.Acknowledged) > 50 && s.History.ReadCount > 50, "the run was too short to say anything"));
    }

    private static int? Setting(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var value) ? value : null;

    private static void Say(string text) => TestContext.Current.SendDiagnosticMessage(text);

    /// <summary>Takes the end by cancellation as the end; any other failure is one.</summary>
    private static async Task EndedAsync(Task tasks)
    {
        try
        {
            await tasks;
        }
        catch (OperationCanceledException)
        {
            Cancel.ThrowIfCancellationRequested();
        }
    }

    private sealed class Run : IAsyncDisposable
    {
        private readonly Random random;
        private readonly Deployment deployment;
        private readonly Dictionary<string, string> tokens = new(StringComparer.Ordinal);
        private readonly Queue<ChaosSite> alive;

        private Run(Random random, Deployment deployment)
        {
            this.random = random;
            this.deployment = deployment;
            Sites = [new ChaosSite("global", false, random.Next()), new ChaosSite("east", true, random.Next()), new ChaosSite("west", true, random.Next())];
            alive = new(Sites.OrderBy(_ => random.Next()));
            Sites[0].Own(Subjects[0], "east", "west");
            foreach (var (zone, other) in new[] { (Sites[1], "west"), (Sites[2], "east") })
            {
                zone.Own(Subjects[0], "global");
                zone.Own(Subjects[1], "global");
                zone.Own(Subjects[2], "global", other);
            }
        }

        public IReadOnlyList<Subject> Subjects { get; } = [Subject.Policy(), Subject.Dataplane(), Subject.Service()];

        public IReadOnlyList<ChaosSite> Sites { get; }

        public string Summary => $"{Count(Outcome.Acknowledged)} writes acknowledged, {Count(Outcome.Unknown)} unknown, {Count(Outcome.Refused)} refused, {Subjects.Sum(s => s.History.ReadCount)} readings";

        public static async Task<Run> StartAsync(Random random)
        {
            var run = new Run(random, Environment.GetEnvironmentVariable("MESHCONSOLE_CHAOS_STORE") == "postgres" ? await Deployment.StartOnPostgresAsync() : await Deployment.StartAsync());
            await run.Join();
            return run;
        }

        public Task Write(CancellationToken cancellationToken) => Task.WhenAll(Sites.Select(s => Task.Run(() => s.WriteAsync(cancellationToken), Cancel)));

        public Task Watch(CancellationToken cancellationToken) =>
            Task.WhenAll(Sites.SelectMany(site => Subjects.Select(subject => Task.Run(() => site.ReadAsync(subject, cancellationToken), Cancel))));

        /// <summary>Lets some writes through, kills one or two control planes in the middle of others, and starts them again.</summary>
        public async Task RoundAsync(int round)
        {
            await ProgressAsync(Sites, random.Next(5, 60));
            if (random.Next(3) == 0)
            {
                await DisturbAsync(round, Sites[random.Next(1, 3)]);
                return;
            }

            // Each dies once before any dies again, so that a short run says something of all.
            List<ChaosSite> victims = alive.TryDequeue(out var next) ? [next] : [.. Sites.OrderBy(_ => random.Next()).Take(random.Next(4) == 0 ? 2 : 1)];
            foreach (var victim in victims)
            {
                await KillAsync(victim);
            }

            // Now and then those who are left go on alone for a while.
            await ProgressAsync([.. Sites.Except(victims)], random.Next(3) == 0 ? random.Next(40) : 0);
            Say($"round {round}: {string.Join(" and ", victims.Select(v => v.Name))} killed");
            foreach (var victim in victims)
            {
                await StartAsync(victim);
            }
        }

        /// <summary>Cuts a zone's link, or lets it drop everything for a while.</summary>
        private async Task DisturbAsync(int round, ChaosSite zone)
        {
            var link = deployment.Links[zone.Name];
            var cut = random.Next(2) == 0;
            Say($"round {round}: link of {zone.Name} {(cut ? "cut" : "frozen")}");
            if (cut)
            {
                link.Cut();
                return;
            }

            link.Freeze();
            await ProgressAsync(Sites, random.Next(20, 150));
            link.Thaw();
        }

        /// <summary>Waits until all hold the same, or no longer; then takes what they hold as the end.</summary>
        public async Task<TimeSpan> SettleAsync()
        {
            var began = TimeProvider.System.GetTimestamp();
            try
            {
                await Eventually.TrueAsync(IsSettledAsync, "state that is the same everywhere", Cancel, TimeSpan.FromSeconds(60));
            }
            catch (TimeoutException)
            {
                Say("it did not settle; the checker says what is apart");
            }

            foreach (var subject in Subjects)
            {
                foreach (var site in Sites)
                {
                    subject.History.AtTheEnd(site.Name, await ChaosSite.ListAsync(site.Process.Value.Http!, subject, Cancel) ?? throw new InvalidOperationException($"{site.Name} does not answer"));
                }
            }

            return TimeProvider.System.GetElapsedTime(began);
        }

        /// <summary>What any zone reports as rejected; these writers write nothing that a zone could reject.</summary>
        public async Task<IReadOnlyList<string>> RejectionsAsync()
        {
            var list = await deployment.Global.Http.GetFromJsonAsync<JsonElement>("/_delivery?state=rejected&size=1000", Cancel);
            return [.. list.GetProperty("items").EnumerateArray().Select(i => i.GetRawText())];
        }

        public ValueTask DisposeAsync() => deployment.DisposeAsync();

        private int Count(Outcome outcome) => Subjects.Sum(s => s.History.Count(outcome));

        private async Task Join()
        {
            using var mesh = await deployment.Global.Http.PutAsJsonAsync($"/meshes/{Subject.Mesh}", new { type = "Mesh", name = Subject.Mesh, skipCreatingInitialPolicies = new[] { "*" } }, Cancel);
            mesh.EnsureSuccessStatusCode();
            Sites[0].Process.Set(new ChaosSite.Running(deployment.Global));
            foreach (var site in Sites.Skip(1))
            {
                tokens[site.Name] = await deployment.ZoneTokenAsync(site.Name);
                deployment.Links[site.Name] = LinkProxy.To(deployment.Global.KdsPort);
                var zone = await deployment.StartZoneAsync(site.Name, tokens[site.Name], null, Quick);
                await Deployment.ArrivedAsync(zone, "meshes", Subject.Mesh);
                site.Process.Set(new ChaosSite.Running(zone));
            }
        }

        private static async Task KillAsync(ChaosSite site)
        {
            var process = site.Process.Value.Of!;
            site.PortOffset = process.PortOffset;
            await process.KillAsync();
            site.Process.Set(ChaosSite.Running.None);
        }

        private async Task StartAsync(ChaosSite site)
        {
            if (site == Sites[0])
            {
                await deployment.RestartGlobalAsync();
                site.Process.Set(new ChaosSite.Running(deployment.Global));
                return;
            }

            site.Process.Set(new ChaosSite.Running(await deployment.StartZoneAsync(site.Name, tokens[site.Name], site.PortOffset, Quick)));
        }

        private static async Task ProgressAsync(IReadOnlyList<ChaosSite> sites, int writes)
        {
            var goals = sites.ToDictionary(s => s, s => s.Acknowledged.Value.Value + writes);
            while (sites.All(s => s.Acknowledged.Value.Value < goals[s]))
            {
                await Task.WhenAny(sites.Select(s => s.Acknowledged.NextAsync(s.Acknowledged.Value, Cancel).AsTask()));
            }
        }

        private async Task<bool> IsSettledAsync()
        {
            foreach (var subject in Subjects)
            {
                var lists = new Dictionary<string, Dictionary<string, int>>();
                foreach (var site in Sites)
                {
                    if (await ChaosSite.ListAsync(site.Process.Value.Http!, subject, Cancel) is not { } list)
                    {
                        return false;
                    }

                    lists[site.Name] = list;
                }

                if (!subject.History.Agree(lists))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
