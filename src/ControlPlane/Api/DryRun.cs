using System.Text.Json;
using MeshConsole.ControlPlane.Resources;

namespace MeshConsole.ControlPlane.Api;

/// <summary>The answer to <c>?dryRun=true</c>: what would be stored, beside what is stored.</summary>
internal static class DryRun
{
    /// <summary>Writes the members into the object that the caller has opened.</summary>
    public static void Write(Utf8JsonWriter writer, WriteOutcome outcome)
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
    }
}
