using System.Text.Json;
using DiffPlex.Renderer;
using MeshConsole.ControlPlane.Planning;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Api;

/// <summary>The answer to <c>?dryRun=true</c>: what would be stored, beside what is stored.</summary>
internal static class DryRun
{
    /// <summary>Most proxies that are shown with their rules.</summary>
    private const int Shown = 20;

    /// <summary>Writes the members into the object that the caller has opened.</summary>
    public static void Write(Utf8JsonWriter writer, WriteOutcome outcome, World world)
    {
        writer.WriteBoolean("dryRun", true);
        writer.WriteString("operation", outcome switch
        {
            { After: null } => "delete",
            { Before: null } => "create",
            { Before: { } before, After: { } after } when before.SameContent(after.With(status: before.Status)) => "unchanged",
            _ => "update",
        });
        if (outcome.Before is { Kind.IsSecret: false } stored)
        {
            writer.WritePropertyName("before");
            ResourceJson.ToManifest(stored).WriteTo(writer);
        }

        if (outcome.After is { Kind.IsSecret: false } draft)
        {
            writer.WritePropertyName("after");
            ResourceJson.ToManifest(draft).WriteTo(writer);
        }

        if ((outcome.After ?? outcome.Before) is { Kind.IsSecret: false })
        {
            writer.WriteString("diff", Diff(outcome));
        }

        if (Impact.Of(world, outcome.Before, outcome.After) is { } impact)
        {
            writer.WriteStartObject("impact");
            WriteImpact(writer, impact);
            writer.WriteEndObject();
        }
    }

    /// <summary>Stored against new, as YAML in the unified form.</summary>
    private static string Diff(WriteOutcome outcome)
    {
        var before = outcome.Before is null ? "" : Yaml.Write(ResourceJson.ToManifest(outcome.Before));
        var after = outcome.After is null ? "" : Yaml.Write(ResourceJson.ToManifest(outcome.After));
        if (before == after)
        {
            return "";
        }

        var diff = UnidiffRenderer.GenerateUnidiff(before.TrimEnd('\n'), after.TrimEnd('\n'), "stored", "new");
        return before.Length == 0 ? diff.Replace("\n@@ -1,0 ", "\n@@ -0,0 ", StringComparison.Ordinal) // "no lines" has no first line, says patch
            : after.Length == 0 ? diff.Replace(" +1,0 @@\n", " +0,0 @@\n", StringComparison.Ordinal)
            : diff;
    }

    private static void WriteImpact(Utf8JsonWriter writer, Impact impact)
    {
        writer.WriteStartArray("zones");
        foreach (var (zone, proxies) in impact.Zones)
        {
            writer.WriteStartObject();
            writer.WriteString("zone", zone);
            writer.WriteNumber("proxies", proxies);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartObject("proxies");
        writer.WriteNumber("selected", impact.Selected);
        writer.WriteNumber("examined", impact.Examined);
        writer.WriteNumber("changed", impact.Changed.Count);
        writer.WriteStartArray("items");
        foreach (var proxy in impact.Changed.Take(Shown))
        {
            writer.WriteStartObject();
            ResourceJson.WriteMeta(writer, proxy.Proxy, proxy.Proxy.Kind.Name);
            writer.WritePropertyName("before");
            proxy.Before.WriteTo(writer);
            writer.WritePropertyName("after");
            proxy.After.WriteTo(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
