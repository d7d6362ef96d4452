using System.Net;
using MeshConsole.ControlPlane.Hosting;
using MeshConsole.Shared;

namespace MeshConsole.Web.Hosting;

/// <summary>The one page of a zone control plane: which zone this is, and where the console lives.</summary>
internal static class ZonePage
{
    /// <summary>Writes the page.</summary>
    public static Task WriteAsync(HttpContext context, Site site, ControlPlaneOptions options)
    {
        var where = site.Federated
            ? $"This zone takes its policies from the global control plane at <code>{WebUtility.HtmlEncode(options.Zone.Global)}</code>. Its console is on that machine, by default at <code>http://localhost:5681/gui</code>."
            : "This zone is on its own: it has no global control plane, and so no console. Its REST API is here.";
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
        return context.Response.WriteAsync(
            $$"""
            <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>Zone {{WebUtility.HtmlEncode(site.Zone)}}</title>
            <style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:38rem;margin:18vh auto;padding:0 1.5rem}code{font-size:.95em}</style>
            </head><body><h1>Zone {{WebUtility.HtmlEncode(site.Zone)}}</h1><p>{{where}}</p></body></html>
            """,
            context.RequestAborted);
    }
}
