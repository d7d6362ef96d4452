using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using MeshConsole.Testing;

namespace MeshConsole.EndToEnd.Tests.Cases;

/// <summary>
/// Mistakes that other control planes were reported for, replayed against ours as a user would see them: by REST, metrics, logs
/// and the protocol of zones alone. Each names the public report of its origin.
/// </summary>
public sealed class ZoneCaseTests : IAsyncLifetime
{
    private const string Permissions = "/meshes/default/meshtrafficpermissions";
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(30);
    private CaseSite site = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => site = await CaseSite.StartAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (site is not null)
        {
            await site.DisposeAsync();
        }
    }

    /// <summary>The case of kumahq/kuma#4434: proxies of a deleted zone stayed behind and could not be removed.</summary>
    [Fact]
    public async Task RetiredZone_TakesEverythingAlong_AndItsNameStartsEmpty()
    {
        await site.JoinAsync("west", 1); // must not be touched
        var east = await site.JoinAsync("east", 3);
        await east.DisposeAsync();
        await site.Deployment.OfflineAsync("east");

        using var gone = await site.Global.Http.DeleteAsync(new Uri("/zones/east", UriKind.Relative), Cancel);
        gone.EnsureSuccessStatusCode();
        await Eventually.TrueAsync(NothingIsLeftAsync, "list without anything of the zone", Cancel, Promise);

        Assert.Equal(1, (await site.GetAsync("/global-insight")).GetProperty("zones").GetProperty("controlPlanes").GetProperty("total").GetInt32());
        Assert.Equal(1, (await site.GetAsync("/global-insight")).GetProperty("zones").GetProperty("zoneIngresses").GetProperty("total").GetInt32());
        Assert.Equal(1, (await site.GetAsync("/mesh-insights/default")).GetProperty("dataplanes").GetProperty("total").GetInt32());
        Assert.Single(await site.ListAsync("/meshes/default/service-insights"));
        await site.TotalsAsync("Dataplane", new() { ["online"] = 1 });
        Assert.Equal(HttpStatusCode.NotFound, (await site.Global.Http.GetAsync(new Uri("/zones/east/_state", UriKind.Relative), Cancel)).StatusCode);
        var audit = await site.GetAsync("/audit?size=100");
        var entry = Assert.Single(audit.GetProperty("items").EnumerateArray(), a => a.GetProperty("target").GetString()!.Contains("east", StringComparison.Ordinal) && a.GetProperty("action").GetString() == "deleted");
        Assert.Equal("with 3 Dataplane, 1 ZoneEgress, 1 ZoneIngress", entry.GetProperty("detail").GetString());

        var again = await site.ZoneAsync("east");
        again.Start();
        await site.Deployment.OnlineAsync("east");
        await Eventually.TrueAsync(() => Task.FromResult(again.IsComplete), "the new zone's first state", Cancel);
        Assert.Equal(0, await site.CountAsync("/dataplanes", "east"));
        Assert.Equal(0, await site.CountAsync("/zoneingresses", "east"));
        Assert.Single((await site.GetAsync("/zones+insights/east")).GetProperty("zoneInsight").GetProperty("subscriptions").EnumerateArray());

        async Task<bool> NothingIsLeftAsync()
        {
            foreach (var path in new[] { "/dataplanes", "/meshes/default/dataplanes/_overview", "/zoneingresses", "/zoneingresses/_overview", "/zoneegresses", "/zoneegresses/_overview" })
            {
                if (await site.CountAsync(path, "east") > 0)
                {
                    return false;
                }
            }

            return (await site.ListAsync("/zones+insights")).Concat(await site.ListAsync("/zones")).All(z => z.GetProperty("name").GetString() != "east");
        }
    }

    /// <summary>The case of kumahq/kuma#7027, as REST and metrics show it; real pings in real time.</summary>
    [Fact]
    public async Task ZoneBehindADeadLink_IsOfflineAndAllInItUnknown_Within30Seconds()
    {
        await site.JoinAsync("west", 1);
        var east = await site.JoinAsync("east", 2);
        await site.TotalsAsync("Dataplane", new() { ["online"] = 3 });
        var began = Stopwatch.GetTimestamp();

        east.Faults.LinkDown = true;
        await Eventually.TrueAsync(async () => await site.StateAsync("east") == "offline", "offline zone", Cancel, Promise);
        TestContext.Current.SendDiagnosticMessage($"offline after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
        await site.TotalsAsync("Dataplane", new() { ["online"] = 1, ["unknown"] = 2 });
        await site.TotalsAsync("ZoneIngress", new() { ["online"] = 1, ["unknown"] = 1 });
        await site.TotalsAsync("ZoneEgress", new() { ["online"] = 1, ["unknown"] = 1 });
        var insight = (await site.GetAsync("/mesh-insights/default")).GetProperty("dataplanes");
        Assert.Equal((3, 1, 0), (insight.GetProperty("total").GetInt32(), insight.GetProperty("online").GetInt32(), insight.TryGetProperty("offline", out var offline) ? offline.GetInt32() : 0));
        var zones = (await site.GetAsync("/global-insight")).GetProperty("zones");
        Assert.All(new[] { "controlPlanes", "zoneIngresses", "zoneEgresses" }, m => Assert.Equal((1, 2), (zones.GetProperty(m).GetProperty("online").GetInt32(), zones.GetProperty(m).GetProperty("total").GetInt32())));
        Assert.NotNull((await site.GetAsync("/zones/east/_state")).GetProperty("since").GetString());

        east.Faults.LinkDown = false;
        await Eventually.TrueAsync(async () => await site.StateAsync("east") == "online", "online zone", Cancel);
        await site.TotalsAsync("Dataplane", new() { ["online"] = 3 });
    }

    /// <summary>The first case of kumahq/kuma#2320: global dies, and the proxy goes before or after its zone is back.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task GlobalKilled_ProxyThatIsRemovedThen_NeverReadsOnlineAgain(bool whileGlobalIsAway)
    {
        var east = await site.JoinAsync("east", 2);
        await site.Global.KillAsync();
        if (whileGlobalIsAway)
        {
            Remove();
        }

        await site.Deployment.RestartGlobalAsync();
        var began = Stopwatch.GetTimestamp();
        await site.Deployment.OnlineAsync("east");
        if (!whileGlobalIsAway)
        {
            Remove();
        }

        await Eventually.TrueAsync(async () => await site.CountAsync("/dataplanes", "east") == 1, "the other proxy alone", Cancel, Promise);
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, Promise);
        await site.TotalsAsync("Dataplane", new() { ["online"] = 1 });
        Assert.Equal(1, await site.CountAsync("/meshes/default/dataplanes/_overview", "east"));

        void Remove()
        {
            east.Withdraw("Dataplane", "default", "east-dp-0");
            east.Withdraw("DataplaneInsight", "default", "east-dp-0");
        }
    }

    /// <summary>The second case of kumahq/kuma#2320: the zone goes while global is away, so nobody says goodbye.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GlobalKilled_ZoneThatGoesMeanwhile_NeverReadsOnlineAgain(bool onPostgres)
    {
        if (onPostgres)
        {
            await site.DisposeAsync();
            site = await CaseSite.StartAsync(onPostgres: true);
        }

        var east = await site.JoinAsync("east", 2);
        await site.Global.KillAsync();
        await east.DisposeAsync();

        await site.Deployment.RestartGlobalAsync();

        // At once, not only after a while: there is no moment in which it reads online.
        Assert.Equal("offline", await site.StateAsync("east"));
        Assert.False(await site.Deployment.IsOnlineAsync("east"));
        await site.TotalsAsync("Dataplane", new() { ["unknown"] = 2 });
        await site.TotalsAsync("ZoneIngress", new() { ["unknown"] = 1 });
        Assert.Equal(0, (await site.GetAsync("/global-insight")).GetProperty("zones").GetProperty("controlPlanes").GetProperty("online").GetInt32());
        using var gone = await site.Global.Http.DeleteAsync(new Uri("/zones/east", UriKind.Relative), Cancel);
        gone.EnsureSuccessStatusCode(); // and it can be removed
    }

    /// <summary>The case of kumahq/kuma#10590: a resource written at global that claims to come from a zone.</summary>
    [Fact]
    public async Task ResourceThatClaimsToComeFromAZone_IsRefusedWithTheField_AndReachesNobody()
    {
        var east = await site.JoinAsync("east", 1);
        await Deployment.PutPermissionAsync(site.Global, "honest");
        await RefusedAsync("liar", new() { ["kuma.io/origin"] = "zone" });
        await RefusedAsync("liar", new() { ["kuma.io/origin"] = "zone", ["kuma.io/zone"] = "east" });
        await RefusedAsync("honest", new() { ["kuma.io/origin"] = "zone" });
        await Deployment.PutPermissionAsync(site.Global, "last");

        await Eventually.TrueAsync(() => Task.FromResult(Names().Contains("last")), "the change after them in the zone", Cancel);
        Assert.DoesNotContain("liar", Names());
        Assert.Equal(HttpStatusCode.NotFound, (await site.Global.Http.GetAsync(new Uri(Permissions + "/liar", UriKind.Relative), Cancel)).StatusCode);
        var stored = (await site.GetAsync(Permissions + "/honest")).GetProperty("labels");
        Assert.False(stored.TryGetProperty("kuma.io/origin", out var origin) && origin.GetString() == "zone");

        HashSet<string> Names() => [.. east.Of("MeshTrafficPermission").Values.Select(r => r.DisplayName)];

        async Task RefusedAsync(string name, Dictionary<string, string> labels)
        {
            using var answer = await site.Global.Http.PutAsJsonAsync($"{Permissions}/{name}", new
            {
                type = "MeshTrafficPermission",
                mesh = "default",
                name,
                labels,
                spec = new { targetRef = new { kind = "Mesh" }, from = new[] { new { targetRef = new { kind = "Mesh" }, @default = new { action = "Deny" } } } },
            }, Cancel);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            var error = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
            Assert.Contains(error.GetProperty("invalid_parameters").EnumerateArray(), p => p.GetProperty("field").GetString() == "labels[\"kuma.io/origin\"]");
        }
    }

    /// <summary>The case of kumahq/kuma#12776: one resource that a zone cannot take hid all others of its kind.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ZoneThatRefusesOneOfTwenty_HasTheOtherNineteen_AndAllAfterTheFix(bool namesWhatItRefuses)
    {
        var east = await site.ZoneAsync("east");
        east.Faults.RejectName = "p-7";
        east.Faults.NamesRefusals = namesWhatItRefuses;
        var first = namesWhatItRefuses ? 10 : 0; // half of them lie there when it connects, the bad one with them
        for (var i = 0; i < first; i++)
        {
            await Deployment.PutPermissionAsync(site.Global, $"p-{i}");
        }

        east.Start();
        await site.Deployment.OnlineAsync("east");
        await Eventually.TrueAsync(() => Task.FromResult(east.IsComplete), "the first state", Cancel);
        for (var i = first; i < 20; i++)
        {
            await Deployment.PutPermissionAsync(site.Global, $"p-{i}");
        }

        await Eventually.TrueAsync(() => Task.FromResult(Live().Count == 19), "nineteen in the zone", Cancel);
        Assert.DoesNotContain("p-7", Live());
        await Eventually.TrueAsync(async () => await SettledAsync("rejected") == 1 && await SettledAsync("accepted") == (namesWhatItRefuses ? 10 : 19), "what is known of them at global", Cancel);
        var rejected = Assert.Single(await DeliveriesAsync("rejected"));
        Assert.Equal("p-7", rejected.GetProperty("displayName").GetString());
        Assert.Contains("refused on purpose", rejected.GetProperty("zones")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);

        east.Faults.RejectName = null;
        await Deployment.PutPermissionAsync(site.Global, "p-7", "Deny");
        await Eventually.TrueAsync(() => Task.FromResult(Live().Count == 20), "all twenty in the zone", Cancel);
        await Eventually.TrueAsync(
            async () => (await DeliveriesAsync("accepted")).Any(d => d.GetProperty("displayName").GetString() == "p-7"), "the fix shown as accepted", Cancel);
        Assert.Equal(1, east.Connections);

        HashSet<string> Live() => [.. east.Of("MeshTrafficPermission").Values.Select(r => r.DisplayName).Where(n => n.StartsWith("p-", StringComparison.Ordinal))];

        async Task<int> SettledAsync(string state) => (await DeliveriesAsync(state)).Count;

        async Task<List<JsonElement>> DeliveriesAsync(string state) =>
            [.. (await site.GetAsync($"/_delivery?type=MeshTrafficPermission&zone=east&state={state}&size=1000")).GetProperty("items").EnumerateArray()
                .Where(d => d.GetProperty("displayName").GetString()!.StartsWith("p-", StringComparison.Ordinal))];
    }
}
