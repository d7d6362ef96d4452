using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;

// Writes to the SQLite store in the directory of its only argument until it is killed, and names each acknowledged write on a
// line of its own: the test that kills it looks whether all of them are there.
const int Clients = 4;
var directory = args[0];
using var box = SecretBox.FromFile(Path.Combine(directory, "secret.key"));
await using var store = ResourceStore.Create(new StoreOptions(), directory, SampleKind.Registry, box, TimeProvider.System, NullLogger<ResourceStore>.Instance);
await store.StartAsync(CancellationToken.None);
var lines = TextWriter.Synchronized(Console.Out);
await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
{
    for (var i = 0; ; i++)
    {
        var name = $"{Environment.ProcessId}-{client}-{i}";
        await store.CommitAsync(Actor.System, t => t.Put(SampleKind.Note.Make(name, name), history: true));
        await lines.WriteLineAsync(name);
        await lines.FlushAsync();
    }
})));
