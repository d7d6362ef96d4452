using System.Text;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;

[assembly: AssemblyFixture(typeof(PostgresServer.EndOfRun))]

namespace MeshConsole.ControlPlane.Tests.Store;

/// <summary>One empty database and the stores that a test opens on it; everything is closed at the end.</summary>
internal sealed class StoreFixture(StoreOptions options) : IAsyncDisposable
{
    private readonly List<ResourceStore> open = [];

    public TempFolder Folder { get; } = new();

    public StoreOptions Options => options;

    public StoreContextFactory Contexts => StoreContextFactory.For(options, Folder.Path);

    public static StoreFixture Sqlite() => new(new StoreOptions());

    public static async Task<StoreFixture> PostgresAsync(PostgresServer? server = null)
    {
        server ??= await PostgresServer.SharedAsync();
        return new StoreFixture(new StoreOptions { Provider = "postgres", ConnectionString = await server.CreateDatabaseAsync() });
    }

    public async Task<ResourceStore> OpenAsync(TimeProvider? time = null, string? dataDirectory = null)
    {
        var directory = dataDirectory ?? Folder.Path;
        var box = SecretBox.FromFile(options.SecretKeyPath(directory));
        var store = ResourceStore.Create(options, directory, SampleKind.Registry, box, time ?? TimeProvider.System, NullLogger<ResourceStore>.Instance);
        open.Add(store);
        await store.StartAsync(TestContext.Current.CancellationToken);
        return store;
    }

    /// <summary>A store on a database that a test puts between: what it does is not what the real one would do.</summary>
    public async Task<ResourceStore> OpenAsync(Func<StoreDatabase, StoreDatabase> between)
    {
        StoreDatabase real = options.IsPostgres
            ? new PostgresDatabase(options.ConnectionString)
            : new SqliteDatabase(options.SqliteConnectionString(Folder.Path));
        var codec = new RowCodec(SampleKind.Registry, SecretBox.FromFile(Folder.Combine("secret.key")));
        var store = new ResourceStore(between(real), Contexts, codec, options, TimeProvider.System, NullLogger<ResourceStore>.Instance);
        open.Add(store);
        await store.StartAsync(TestContext.Current.CancellationToken);
        return store;
    }

    /// <summary>Closes the store and opens it again, as a restart of the process does.</summary>
    public async Task<ResourceStore> ReopenAsync(ResourceStore store)
    {
        await CloseAsync(store);
        return await OpenAsync();
    }

    public async Task CloseAsync(ResourceStore store)
    {
        open.Remove(store);
        await store.DisposeAsync();
    }

    /// <summary>Everything in the world as text, one resource a line, to compare two worlds with.</summary>
    public static string Dump(World world)
    {
        var text = new StringBuilder();
        foreach (var resource in world.Kinds.Order(StringComparer.Ordinal).SelectMany(world.List))
        {
            text.Append(resource.Key).Append(" r").Append(resource.Revision)
                .Append(" created ").Append(resource.CreationTime.UtcTicks).Append(" modified ").Append(resource.ModificationTime.UtcTicks)
                .Append(" labels ").AppendJoin(',', resource.Labels.Select(l => $"{l.Key}={l.Value}"))
                .Append(" spec ").Append(resource.Spec).Append(" status ").Append(resource.Status)
                .Append(" wire ").Append(resource.Wire is null ? "" : Convert.ToHexString(resource.Wire)).Append('\n');
        }

        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in open)
        {
            await store.DisposeAsync();
        }

        Folder.Dispose();
    }
}

/// <summary>Short ways to say what store tests say all the time.</summary>
internal static class StoreTestExtensions
{
    public static Actor Person { get; } = new("anna", ["team"]);

    public static Task<Resource> PutAsync(this ResourceStore store, Resource resource, bool history = true) =>
        store.CommitAsync(Person, t => t.Put(resource, history), TestContext.Current.CancellationToken);

    public static Task<Resource?> DeleteAsync(this ResourceStore store, ResourceKey key, bool history = true) =>
        store.CommitAsync(Person, t => t.Delete(key, history), TestContext.Current.CancellationToken);

    /// <summary>A commit that changes nothing: on a shared database it takes in what others wrote.</summary>
    public static Task LookAsync(this ResourceStore store) =>
        store.CommitAsync(Person, _ => 0, TestContext.Current.CancellationToken);

    public static string? Text(this Resource? resource) => resource is null ? null : SampleKind.Note.Spec(resource).Text;
}
