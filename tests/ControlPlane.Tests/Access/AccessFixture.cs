using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MeshConsole.ControlPlane.Tests.Access;

/// <summary>A real SQLite store in a folder of its own, a fake clock, and the access module on top.</summary>
internal sealed class AccessFixture : IAsyncDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 11, 25, 20, 0, 0, TimeSpan.Zero);

    // Making RSA keys takes longer than everything else here, so all tests share one per family.
    private static readonly ConcurrentDictionary<string, byte[]> Pems = new(StringComparer.Ordinal);

    private readonly TempFolder folder = new();

    private AccessFixture(Site site, StoreOptions options, TokenOptions? tokens = null)
    {
        Time = new FakeTimeProvider(Start);
        Kinds = new KindRegistry(CoreKinds.All);
        Box = new SecretBox(RandomNumberGenerator.GetBytes(32));
        Contexts = StoreContextFactory.For(options, Folder);
        Store = ResourceStore.Create(options, Folder, Kinds, Box, Time, NullLogger<ResourceStore>.Instance);
        TokenOptions = tokens ?? new TokenOptions();
        Keys = new SigningKeys(Store, Kinds, site, new PublicKeys(TokenOptions));
        Tokens = new Tokens(Store, Keys, Kinds, Time);
        Users = new Users(Contexts, Time, iterations: 10);
    }

    public string Folder => folder.Path;

    public FakeTimeProvider Time { get; }

    public KindRegistry Kinds { get; }

    public SecretBox Box { get; }

    public StoreContextFactory Contexts { get; }

    public ResourceStore Store { get; }

    public SigningKeys Keys { get; }

    public TokenOptions TokenOptions { get; }

    public Tokens Tokens { get; }

    public Users Users { get; }

    public static Actor Admin { get; } = new("mesh-system:admin", [Actor.AdminGroup, Actor.AuthenticatedGroup]);

    public static Actor John { get; } = new("john", ["team-a", Actor.AuthenticatedGroup]);

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="site">Which control plane; global when not given.</param>
    /// <param name="keys">Families that get their first key.</param>
    public static Task<AccessFixture> StartAsync(Site? site = null, params SigningKeyFamily[] keys) => StartAsync(new TokenOptions(), site, keys);

    /// <param name="tokens">Settings of tokens.</param>
    /// <param name="site">Which control plane; global when not given.</param>
    /// <param name="keys">Families that get their first key.</param>
    public static async Task<AccessFixture> StartAsync(TokenOptions tokens, Site? site = null, params SigningKeyFamily[] keys)
    {
        var fixture = new AccessFixture(site ?? Site.Global, new StoreOptions(), tokens);
        await fixture.Store.StartAsync(Cancel);
        foreach (var family in keys)
        {
            await fixture.PutSecretAsync(family.SecretKind, family.Mesh, family.SecretName(1), Pems.GetOrAdd(family.Prefix, _ => NewPem()));
        }

        return fixture;
    }

    /// <summary>A global on an empty PostgreSQL database.</summary>
    public static async Task<AccessFixture> StartOnPostgresAsync()
    {
        var server = await PostgresServer.SharedAsync();
        var fixture = new AccessFixture(Site.Global, new StoreOptions { Provider = "postgres", ConnectionString = await server.CreateDatabaseAsync() });
        await fixture.Store.StartAsync(Cancel);
        return fixture;
    }

    public Task PutSecretAsync(string kind, string mesh, string name, ReadOnlySpan<byte> data)
    {
        var draft = SecretData.Draft(Kinds, kind, mesh, name, data);
        return Store.CommitAsync(Actor.System, transaction => transaction.Put(draft, history: false), Cancel);
    }

    private static byte[] NewPem()
    {
        using var rsa = RSA.Create(SigningKeys.KeySize);
        return Encoding.ASCII.GetBytes(rsa.ExportRSAPrivateKeyPem());
    }

    public async ValueTask DisposeAsync()
    {
        Users.Dispose();
        await Store.DisposeAsync();
        Box.Dispose();
        folder.Dispose();
    }
}
