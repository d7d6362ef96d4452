using System.Text;
using MeshConsole.Shared;
using MeshConsole.Testing;
using MeshConsole.Web.Hosting;

namespace MeshConsole.EndToEnd.Tests.Conformance;

/// <summary>The table of kinds in <c>docs/compatibility.md</c> is made from the kinds.</summary>
public sealed class KindsTableTests
{
    private const string Begin = "<!-- kinds: begin";
    private const string End = "<!-- kinds: end -->";

    /// <summary>Pages of the console that edit a kind without YAML.</summary>
    private static readonly (string Kind, string Page, string Words)[] Pages =
    [
        ("Mesh", "MeshNew", "new mesh"),
        ("Mesh", "MtlsPage", "mTLS"),
        ("MeshHTTPRoute", "TrafficPage", "traffic split"),
        ("Zone", "ZoneNew", "joining"),
    ];

    private static readonly string Page = RepoRoot.Combine("docs", "compatibility.md");

    [Fact]
    public void Table_InTheDocs_IsWhatTheKindsSay()
    {
        var text = File.ReadAllText(Page);
        var begin = text.IndexOf('\n', text.IndexOf(Begin, StringComparison.Ordinal)) + 1;
        var end = text.IndexOf(End, StringComparison.Ordinal);
        var table = Table();
        if (Environment.GetEnvironmentVariable("MESHCONSOLE_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(Page, text[..begin] + table + text[end..]);
            return;
        }

        Assert.Equal(table, text[begin..end]);
    }

    private static string Table()
    {
        var table = new StringBuilder();
        table.Append("| kind | REST | validated | written at | synced | form | Envoy |\n| --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (var kind in MeshConsoleHost.Kinds.Where(k => k.HasApi).OrderBy(k => k.Name, StringComparer.Ordinal))
        {
            string[] cells =
            [
                kind.Name,
                $"`/{(kind.Scope == Scope.Mesh ? "meshes/MESH/" : "")}{kind.Path}`",
                kind.ReadOnly ? "–" : "yes",
                WrittenAt(kind),
                Synced(kind.Flow),
                kind.ReadOnly ? "–" : Form(kind),
                Envoy(kind),
            ];
            table.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
        }

        return table.ToString();
    }

    private static string WrittenAt(ResourceKind kind)
    {
        var global = Site.Global.MayWrite(kind);
        var zone = new Site(SiteMode.Zone, "lab", Federated: true).MayWrite(kind);
        return (global, zone) switch
        {
            (true, true) => "global, zone",
            (true, false) => "global",
            (false, true) => "zone",
            _ => "control planes only",
        };
    }

    private static string Synced(Flow flow)
    {
        string[] ways =
        [
            .. flow.HasFlag(Flow.GlobalToZone) ? (string[])["down"] : [],
            .. flow.HasFlag(Flow.ZoneToGlobal) ? (string[])["up"] : [],
            .. flow.HasFlag(Flow.ZoneToOtherZones) ? (string[])["across"] : [],
        ];
        return ways.Length == 0 ? "no" : string.Join(", ", ways);
    }

    /// <summary>The editor of YAML knows every kind; some have pages of their own beside it.</summary>
    private static string Form(ResourceKind kind)
    {
        var pages = Pages.Where(p => p.Kind == kind.Name && typeof(MeshConsoleHost).Assembly.GetTypes().Any(t => t.Name == p.Page)).Select(p => p.Words);
        return string.Join(", ", pages.Append("YAML"));
    }

    private static string Envoy(ResourceKind kind) => kind.Observed || kind.IsSecret || kind.Name == "Zone" ? "–" : "not yet";

    [Fact]
    public void EnvoyColumn_SaysNotYet_OnlyWhileNothingIsSentToProxies() => Assert.DoesNotContain(
        typeof(ControlPlane.Hosting.ControlPlaneOptions).Assembly.GetTypes(),
        t => t.Namespace?.StartsWith("MeshConsole.ControlPlane.Xds", StringComparison.Ordinal) == true);
}
