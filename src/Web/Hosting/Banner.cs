using MeshConsole.ControlPlane.Hosting;
using MeshConsole.Shared;

namespace MeshConsole.Web.Hosting;

/// <summary>The lines that a control plane prints on standard output when it is up.</summary>
internal static class Banner
{
    /// <summary>Prints where it is, and at global the set-up link while there is no administrator.</summary>
    /// <param name="output">Standard output and nothing else: the link is a secret.</param>
    /// <param name="app">The running control plane.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="setupCode">The one-time code, or null.</param>
    public static void Write(TextWriter output, WebApplication app, ControlPlaneOptions options, string? setupCode)
    {
        var http = Http(app);
        var site = options.Site;
        output.WriteLine($"MeshConsole {CommandLine.Version}, {(site.IsGlobal ? "global control plane" : $"zone control plane '{site.Zone}'")}");
        output.WriteLine($"  REST     {http}");
        if (site.IsGlobal)
        {
            output.WriteLine($"  Console  {http}{ConsoleHosting.Path}");
            output.WriteLine($"  Zones    grpcs://localhost:{app.Services.GetRequiredService<ListenAddresses>().PortOf(Listener.Kds, tls: true)}");
            if (setupCode is not null)
            {
                output.WriteLine();
                output.WriteLine("Open this link to name the first administrator. It works once, for 15 minutes; a restart prints a new one:");
                output.WriteLine($"  {http}{ConsoleHosting.Path}/setup#{setupCode}");
            }
        }
        else
        {
            output.WriteLine(site.Federated ? $"  Global   {options.Zone.Global}" : "  Global   none: this zone is on its own, and everything is written here");
        }

        output.WriteLine($"  Data     {options.DataDir}");
        output.WriteLine("Ready. Ctrl+C stops it.");
        output.Flush();
    }

    /// <summary>Prints where the demo is, with the link that signs in.</summary>
    /// <param name="output">Standard output and nothing else: the link is a secret.</param>
    /// <param name="global">The demo's global.</param>
    /// <param name="zones">Its zones.</param>
    /// <param name="code">The code of the link.</param>
    /// <param name="directory">Where everything is kept.</param>
    public static void WriteDemo(TextWriter output, WebApplication global, IEnumerable<WebApplication> zones, string code, string directory)
    {
        var http = Http(global);
        output.WriteLine($"MeshConsole {CommandLine.Version}, demo: a global and two zones on this machine");
        output.WriteLine($"  Global   {http}");
        foreach (var zone in zones)
        {
            output.WriteLine($"  {"Zone " + zone.Services.GetRequiredService<Site>().Zone,-8} {Http(zone)}");
        }

        output.WriteLine($"  Data     {directory}");
        output.WriteLine();
        output.WriteLine("Open this link to sign in as the demo's administrator. It works from this machine while the demo runs:");
        output.WriteLine($"  {http}{ConsoleHosting.Path}/setup#{code}");
        output.WriteLine("Ready. Ctrl+C stops it.");
        output.Flush();
    }

    private static string Http(WebApplication app) => $"http://localhost:{app.Services.GetRequiredService<ListenAddresses>().PortOf(Listener.Api)}";
}
