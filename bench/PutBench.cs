using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using System.Text;
using MeshConsole.ControlPlane.Hosting;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Testing;

namespace MeshConsole.Bench;

/// <summary>Writes a second over REST: a policy is read, checked, stored with history and audit, and durable before the answer.</summary>
internal static class PutBench
{
    public static Command Command()
    {
        var provider = new Option<string>("--provider") { Description = "sqlite or postgres", DefaultValueFactory = _ => "sqlite" };
        var writes = new Option<int>("--writes") { Description = "how many PUTs in each round", DefaultValueFactory = _ => 2_000 };
        var clients = new Option<int>("--clients") { Description = "how many clients write at once", DefaultValueFactory = _ => 8 };
        var rounds = new Option<int>("--rounds") { Description = "how many rounds; the first ones run code that is not compiled for speed yet", DefaultValueFactory = _ => 10 };
        var existing = new Option<int>("--dataplanes") { Description = "how many data planes with insights are there beforehand" };
        var command = new Command("put", "PUTs a second over REST, clients in the same process.") { provider, writes, clients, rounds, existing };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(provider)!, parsed.GetValue(writes), parsed.GetValue(clients), parsed.GetValue(rounds), parsed.GetValue(existing), cancellationToken));
        return command;
    }

    private static async Task RunAsync(string provider, int writes, int clients, int rounds, int existing, CancellationToken cancellationToken)
    {
        Report.Head($"put --provider {provider} --writes {writes} --clients {clients} --rounds {rounds} --dataplanes {existing}");
        using var folder = new TempFolder();
        await using var server = provider == "postgres" ? await PostgresServer.StartAsync(durable: true) : null;
        var store = new StoreOptions { Provider = provider, ConnectionString = server is null ? "" : await server.CreateDatabaseAsync() };
        await using var host = await BenchHost.StartAsync(new ControlPlaneOptions { DataDir = folder.Path, Store = store }, cancellationToken);
        await ReadBench.FillAsync(host.Store, host.Kinds, existing, cancellationToken);
        using var http = host.Client();
        for (var round = 0; round < rounds; round++)
        {
            var latencies = new ConcurrentBag<TimeSpan>();
            var began = Stopwatch.GetTimestamp();
            var busy = Environment.CpuUsage.TotalTime;
            var (compiled, compiling) = (JitInfo.GetCompiledMethodCount(), JitInfo.GetCompilationTime());
            var seconds = round + 1;
            await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(
                async () =>
                {
                    for (var i = client; i < writes; i += clients)
                    {
                        var sent = Stopwatch.GetTimestamp();
                        using var content = new StringContent(Body(i, seconds), Encoding.UTF8, "application/json");
                        using var answer = await http.PutAsync(new Uri($"/meshes/default/meshtimeouts/t{i}", UriKind.Relative), content, cancellationToken);
                        answer.EnsureSuccessStatusCode();
                        latencies.Add(Stopwatch.GetElapsedTime(sent));
                    }
                },
                cancellationToken)));
            var took = Stopwatch.GetElapsedTime(began);
            var processor = (Environment.CpuUsage.TotalTime - busy).TotalMicroseconds / writes;
            Report.Line(string.Create(CultureInfo.InvariantCulture, $"round {round + 1}: {writes / took.TotalSeconds:0} PUTs/s; {Report.Latencies(latencies)}; {processor:0} us of processor a PUT, client included, of which {(JitInfo.GetCompilationTime() - compiling).TotalMicroseconds / writes:0} us compiling {JitInfo.GetCompiledMethodCount() - compiled} methods"));
        }
    }

    private static string Body(int i, int seconds) =>
        $$$"""{"type":"MeshTimeout","mesh":"default","name":"t{{{i}}}","spec":{"targetRef":{"kind":"Mesh"},"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"{{{seconds}}}s","idleTimeout":"1h0m0s"} }]} }""";
}
