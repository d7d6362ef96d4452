using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.Shared;
using Bunit.TestDoubles;
using MeshConsole.Web.Live;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor.Services;

namespace MeshConsole.Web.Tests;

/// <summary>Component tests on a real engine: pages see the store, the rules and the ledger that they see in production.</summary>
[Collection(nameof(GlobalControlPlane))]
public abstract class ConsoleTest : BunitContext
{
    private static int meshes;
    private readonly BunitAuthorizationContext signedIn;

    protected ConsoleTest(GlobalControlPlane global)
    {
        Global = global;
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddMudServices();
        Services.AddScoped(p => new CurrentActor(p.GetRequiredService<AuthenticationStateProvider>(), global.Services.GetRequiredService<Users>()));
        Services.AddScoped(_ => new ViewClock(global.Services.GetRequiredService<TimeProvider>()));
        Services.AddFallbackServiceProvider(global.Services);
        signedIn = this.AddAuthorization();
        signedIn.SetAuthorized("ada");
        signedIn.SetClaims(new System.Security.Claims.Claim("group", Actor.AdminGroup), new System.Security.Claims.Claim("group", Actor.AuthenticatedGroup));
        Mesh = $"mesh-{Interlocked.Increment(ref meshes)}";
    }

    protected GlobalControlPlane Global { get; }

    /// <summary>A mesh of this test alone; made by <see cref="PutMeshAsync"/>.</summary>
    protected string Mesh { get; }

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>From now on the person may look at everything but secrets, and change nothing.</summary>
    protected void SignInAsReader()
    {
        signedIn.SetAuthorized("grace");
        signedIn.SetClaims(new System.Security.Claims.Claim("group", Actor.AuthenticatedGroup));
    }

    protected Task PutMeshAsync() => PutAsync($"{{\"type\":\"Mesh\",\"name\":\"{Mesh}\",\"skipCreatingInitialPolicies\":[\"*\"]}}");

    /// <summary>Writes as a person does, from JSON; fails the test when it is refused.</summary>
    protected async Task<Resource> PutAsync(string json)
    {
        var body = JsonBody.FromText(json);
        var kind = Global.Services.GetRequiredService<KindRegistry>()[body.Parse().GetProperty("type").GetString()!];
        var mesh = kind.Scope == Scope.Mesh ? body.Parse().GetProperty("mesh").GetString()! : "";
        var done = await Global.Services.GetRequiredService<ResourceManager>()
            .PutAsync(kind, mesh, body.Parse().GetProperty("name").GetString()!, body.Utf8, new WriteOptions(new Actor("test", [Actor.AdminGroup])), Cancel);
        Assert.True(done.Ok, done.Refusal?.ToString());
        return done.Value.After!;
    }

    /// <summary>Stores what a zone would have sent up.</summary>
    protected Task<Resource> FromZoneAsync(string zone, string kind, string name, string spec, string? mesh = null)
    {
        var resource = new Resource
        {
            Kind = Global.Services.GetRequiredService<KindRegistry>()[kind],
            Mesh = mesh ?? Mesh,
            Name = name,
            Labels = Labels.None.Add(Labels.Zone, zone).Add(Labels.Origin, Labels.OriginZone).Add(Labels.DisplayName, name),
            Spec = JsonBody.FromText(spec),
        };
        return Global.Store.CommitAsync(Actor.OfZone(zone), t => t.Put(resource, history: false), Cancel);
    }

    protected Task RemoveAsync(Resource resource) => Global.Store.CommitAsync(Actor.OfZone(resource.Zone ?? "lab"), t => t.Delete(resource.Key, history: false), Cancel);

    /// <summary>The service of the stories: <c>api</c> in zone lab with versions, each with one data plane.</summary>
    protected async Task PutApiAsync(params string[] versions)
    {
        await PutMeshAsync();
        foreach (var version in versions)
        {
            await FromZoneAsync("lab", "Dataplane", $"api-{version}-1", $"{{\"networking\":{{\"address\":\"10.0.0.1\",\"inbound\":[{{\"port\":8080,\"tags\":{{\"kuma.io/service\":\"api\",\"kuma.io/protocol\":\"http\",\"version\":\"{version}\"}}}}]}}}}");
            await FromZoneAsync("lab", "MeshService", $"api-{version}", $"{{\"selector\":{{\"dataplaneTags\":{{\"kuma.io/service\":\"api\",\"version\":\"{version}\"}}}},\"ports\":[{{\"port\":8080,\"targetPort\":8080,\"appProtocol\":\"http\"}}]}}");
            await PutAsync($"{{\"type\":\"MeshMultiZoneService\",\"mesh\":\"{Mesh}\",\"name\":\"api-{version}\",\"spec\":{{\"selector\":{{\"meshService\":{{\"matchLabels\":{{\"kuma.io/display-name\":\"api-{version}\"}}}}}},\"ports\":[{{\"port\":8080,\"appProtocol\":\"http\"}}]}}}}");
        }

        await PutAsync($"{{\"type\":\"MeshMultiZoneService\",\"mesh\":\"{Mesh}\",\"name\":\"api\",\"spec\":{{\"selector\":{{\"meshService\":{{\"matchLabels\":{{\"app\":\"api\"}}}}}},\"ports\":[{{\"port\":8080,\"appProtocol\":\"http\"}}]}}}}");
    }

    /// <summary>A route of <c>api</c> with one rule.</summary>
    protected Task<Resource> PutRouteAsync(params (string Target, long Weight)[] targets)
    {
        var refs = string.Join(",", targets.Select(t => $"{{\"kind\":\"MeshMultiZoneService\",\"name\":\"{t.Target}\",\"port\":8080,\"weight\":{t.Weight}}}"));
        return PutAsync($"{{\"type\":\"MeshHTTPRoute\",\"mesh\":\"{Mesh}\",\"name\":\"api\",\"spec\":{{\"targetRef\":{{\"kind\":\"Mesh\"}},\"to\":[{{\"targetRef\":{{\"kind\":\"MeshMultiZoneService\",\"name\":\"api\"}},\"rules\":[{{\"matches\":[{{\"path\":{{\"type\":\"PathPrefix\",\"value\":\"/\"}}}}],\"default\":{{\"backendRefs\":[{refs}]}}}}]}}]}}}}");
    }

    protected Resource? Stored(string kind, string name) => Global.Store.World.Value.Find(kind, Mesh, name);
}
