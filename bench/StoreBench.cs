using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Bench;

/// <summary>Durable writes a second through the store: clients that each wait for their acknowledgement.</summary>
internal static class StoreBench
{
    public static Command Command()
    {
        var provider = new Option<string>("--provider") { Description = "sqlite or postgres", DefaultValueFactory = _ => "sqlite" };
        var writes = new Option<int>("--writes") { Description = "how many writes in each round", DefaultValueFactory = _ => 2_000 };
        var clients = new Option<int>("--clients") { Description = "how many clients write at once", DefaultValueFactory = _ => 8 };
        var rounds = new Option<int>("--rounds") { Description = "how many rounds; the first warms up", DefaultValueFactory = _ => 5 };
        var command = new Command("store", "Durable writes a second, each with history and audit.") { provider, writes, clients, rounds };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(provider)!, parsed.GetValue(writes), parsed.GetValue(clients), parsed.GetValue(rounds), cancellationToken));
        return command;
    }

    private static async Task RunAsync(string provider, int writes, int clients, int rounds, CancellationToken cancellationToken)
    {
        Report.Head($"store --provider {provider} --writes {writes} --clients {clients} --rounds {rounds}");
        using var folder = new TempFolder();
        await using var server = provider == "postgres" ? await PostgresServer.StartAsync(durable: true) : null;
        var options = new StoreOptions { Provider = provider, ConnectionString = server is null ? "" : await server.CreateDatabaseAsync() };
        using var box = SecretBox.FromFile(folder.Combine("secret.key"));
        await using var store = ResourceStore.Create(options, folder.Path, SampleKind.Registry, box, TimeProvider.System, NullLogger<ResourceStore>.Instance);
        await store.StartAsync(cancellationToken);

        var text = new string('x', 600); // about what a policy holds
        for (var round = 0; round < rounds; round++)
        {
            var latencies = new ConcurrentBag<TimeSpan>();
            var began = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(
                async () =>
                {
                    var actor = new Actor($"client-{client}", []);
                    for (var i = client; i < writes; i += clients)
                    {
                        var sent = Stopwatch.GetTimestamp();
                        var draft = SampleKind.Note.Make($"n{i}", text);
                        await store.CommitAsync(actor, t => t.Put(draft, history: true), cancellationToken);
                        latencies.Add(Stopwatch.GetElapsedTime(sent));
                    }
                },
                cancellationToken)));
            var took = Stopwatch.GetElapsedTime(began);
            var perSecond = (writes / took.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
            Report.Line($"round {round + 1}: {perSecond} writes/s; {Report.Latencies(latencies)}{(round == 0 ? " (warm-up)" : "")}");
        }
    }
}
