using System.CommandLine;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Bench;

/// <summary>
/// Writes until it is ended and names each acknowledged write on a line of its own: whoever kills it can look whether all of
/// them are there.
/// </summary>
internal static class EndlessWriter
{
    public static Command Command()
    {
        var directory = new Option<string>("--data-dir") { Description = "the data directory", Required = true };
        var clients = new Option<int>("--clients") { Description = "how many clients write at once", DefaultValueFactory = _ => 4 };
        var command = new Command("write", "Writes to a SQLite store until it is killed; prints every acknowledged name.") { directory, clients };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(directory)!, parsed.GetValue(clients), cancellationToken));
        return command;
    }

    private static async Task RunAsync(string directory, int clients, CancellationToken cancellationToken)
    {
        using var box = SecretBox.FromFile(Path.Combine(directory, "secret.key"));
        await using var store = ResourceStore.Create(new StoreOptions(), directory, SampleKind.Registry, box, TimeProvider.System, NullLogger<ResourceStore>.Instance);
        await store.StartAsync(cancellationToken);
        var lines = TextWriter.Synchronized(Console.Out);
        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(
            async () =>
            {
                for (var i = 0; !cancellationToken.IsCancellationRequested; i++)
                {
                    var name = $"{Environment.ProcessId}-{client}-{i}";
                    await store.CommitAsync(Actor.System, t => t.Put(SampleKind.Note.Make(name, name), history: true), cancellationToken);
                    await lines.WriteLineAsync(name);
                    await lines.FlushAsync(cancellationToken);
                }
            },
            cancellationToken)));
    }
}
