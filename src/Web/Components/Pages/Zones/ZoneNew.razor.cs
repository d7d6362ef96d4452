using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Hosting;
using MeshConsole.ControlPlane.Identity;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Web.Components.Controls;
using MeshConsole.Web.Hosting;
using MeshConsole.Web.Live;
using Microsoft.AspNetCore.Components;

namespace MeshConsole.Web.Components.Pages.Zones;

/// <summary>From a name to a connected zone: the command on one side, on the other what really happened so far and why it hangs.</summary>
public sealed partial class ZoneNew : LiveComponent
{
    private const int ProxyPort = 5678;
    private const string KumaNamespace = "kuma-system";
    private const string CaSecret = "meshconsole-kds-ca";
    private string name = "";
    private string address = "";
    private string networkText = "";
    private string? nameFault;
    private Refusal? refusal;
    private IssuedToken? token;
    private IReadOnlyList<IPNetwork>? networks;
    private StateFacts? state;
    private ImmutableArray<OnboardingStep> steps = [];
    private DateTimeOffset since;
    private int portOffset;
    private bool kuma;
    private bool editNetworks;
    private bool connected;
    private bool busy;

    [Inject]
    private Live<World> Worlds { get; set; } = null!;

    [Inject]
    private ZoneLinks Links { get; set; } = null!;

    [Inject]
    private DeliveryLedger Ledger { get; set; } = null!;

    [Inject]
    private ZoneAdmission Admission { get; set; } = null!;

    [Inject]
    private TokenRequests Tokens { get; set; } = null!;

    [Inject]
    private ResourceManager Manager { get; set; } = null!;

    [Inject]
    private KindRegistry Kinds { get; set; } = null!;

    [Inject]
    private ListenAddresses Addresses { get; set; } = null!;

    [Inject]
    private ControlPlaneOptions Options { get; set; } = null!;

    [Inject]
    private ServerCertificates Certificates { get; set; } = null!;

    [Inject]
    private EstateReader Estate { get; set; } = null!;

    [Inject]
    private CurrentActor Actor { get; set; } = null!;

    [Inject]
    private ViewClock Clock { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    /// <summary>The zone that is being connected; empty while it has no name.</summary>
    [SupplyParameterFromQuery(Name = "name")]
    private string? NameInAddress { get; set; }

    private string Zone => NameInAddress ?? "";

    private int KdsPort => Addresses.PortOf(Listener.Kds, tls: true);

    private bool IsLoopback => Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.IsLoopback;

    private static string Program => File.Exists(Path.Combine(Settings.ContentRoot, "scripts", "meshconsole")) ? "scripts/meshconsole" : "meshconsole";

    private string Command =>
        $"(umask 077; printf %s '{token!.Text}' > {Zone}.token)\n"
        + $"{Program} zone --name {Zone} \\\n"
        + $"  --global {address} \\\n"
        + $"  --token-file {Zone}.token \\\n"
        + $"  --ca-fingerprint {Certificates.CaFingerprint}"
        + (IsLoopback ? $" \\\n  --port-offset {portOffset}" : "");

    private string HelmCommand =>
        $"kubectl create namespace {KumaNamespace}\n"
        + (Certificates.CaPem.Length == 0 ? "" : $"kubectl create secret generic {CaSecret} -n {KumaNamespace} --from-literal=ca.crt='{Certificates.CaPem.Trim()}'\n")
        + "helm repo add kuma https://kumahq.github.io/charts\n"
        + $"helm upgrade -i kuma kuma/kuma -n {KumaNamespace} \\\n"
        + "  --set controlPlane.mode=zone \\\n"
        + $"  --set controlPlane.zone={Zone} \\\n"
        + $"  --set controlPlane.kdsGlobalAddress={address} \\\n"
        + (Certificates.CaPem.Length == 0 ? "" : $"  --set controlPlane.tls.kdsZoneClient.secretName={CaSecret} \\\n")
        + "  --set ingress.enabled=true";

    private IEnumerable<(string Title, Tone Tone)> Stages =>
    [
        ("1 Name", Tone.Ok),
        ("2 Install", connected ? Tone.Ok : Tone.Accent),
        ("3 First sync", Step("sync") is Tone.Ok ? Tone.Ok : connected ? Tone.Accent : Tone.Mute),
        ("4 Ingress", Step("ingress") is Tone.Ok ? Tone.Ok : Tone.Mute),
    ];

    /// <inheritdoc />
    protected override void OnInitialized()
    {
        since = Time.GetUtcNow();
        var host = new Uri(Navigation.BaseUri).Host;
        address = $"grpcs://{host}:{KdsPort}";
        Watch(Worlds);
        Watch(Links.Board);
        Watch(Ledger.Board);
    }

    /// <inheritdoc />
    protected override void Refresh()
    {
        if (Zone.Length == 0)
        {
            return;
        }

        var link = Links.Of(Zone);
        connected = link.Connected;
        state = Worlds.Value.Find("Zone", Zone) is null ? null : Estate.ZoneState(Zone);
        networks = Admission.Networks(Zone);
        steps = Onboarding.Steps(Zone, link, Links.Board.Value, Worlds.Value, Ledger.Board.Value, Clock, kuma);
    }

    private Tone Step(string key) => steps.FirstOrDefault(s => s.Key == key)?.Tone ?? Tone.Mute;

    private async Task StartAsync()
    {
        name = name.Trim();
        nameFault = ZoneName().IsMatch(name) ? null : name.Length == 0
            ? "cannot be empty"
            : "must be at most 63 characters of a-z, 0-9 and '-', beginning with a letter and ending with a letter or digit";
        if (nameFault is not null)
        {
            return;
        }

        if (await EnsureZoneAsync(name))
        {
            Navigation.NavigateTo($"zones/new?name={name}");
            NameInAddress = name;
            await IssueAsync();
        }
    }

    private async Task<bool> EnsureZoneAsync(string zone)
    {
        if (Worlds.Value.Find("Zone", zone) is not null)
        {
            return true;
        }

        var body = new JsonObject { ["type"] = "Zone", ["name"] = zone, ["enabled"] = true };
        var done = await Manager.PutAsync(Kinds["Zone"], "", zone, JsonBody.FromNode(body).Utf8, new WriteOptions(await Actor.GetAsync()), Stopping);
        refusal = done.Refusal;
        return done.Ok;
    }

    private async Task IssueAsync()
    {
        busy = true;
        try
        {
            var body = new JsonObject { ["zone"] = Zone, ["scope"] = new JsonArray(ZoneToken.CpScope) };
            var issued = await Tokens.ZoneAsync(await Actor.GetAsync(), JsonBody.FromNode(body).Utf8, Stopping);
            refusal = issued.Refusal;
            token = issued.Ok ? issued.Value : null;
            portOffset = FreeOffset();
            Refresh();
        }
        finally
        {
            busy = false;
        }
    }

    /// <summary>
    /// Two control planes on one machine cannot share ports: the first offset at which nobody listens. Of use only where the
    /// zone runs beside us, and shown only then.
    /// </summary>
    private int FreeOffset()
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(l => l.Port).ToHashSet();
        int[] ports = [Options.Ports.Http, Options.Ports.Https, Options.Ports.Diagnostics, Options.Ports.Kds, ProxyPort];
        return Enumerable.Range(1, 50).Select(n => Options.PortOffset + (1000 * n)).FirstOrDefault(o => ports.All(p => !taken.Contains(p + o)), Options.PortOffset + 1000);
    }

    private async Task AllowAsync()
    {
        busy = true;
        try
        {
            if (!await EnsureZoneAsync(Zone))
            {
                return;
            }

            var list = networkText.Split([',', ' ', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var allowed = await Admission.AllowAsync(await Actor.GetAsync(), Zone, list, Stopping);
            refusal = allowed.Refusal;
            editNetworks = !allowed.Ok;
            Refresh();
        }
        finally
        {
            busy = false;
        }
    }

    private void Choose(bool kubernetes)
    {
        kuma = kubernetes;
        refusal = null;
        Refresh();
    }

    [GeneratedRegex("^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", RegexOptions.CultureInvariant)]
    private static partial Regex ZoneName();
}
