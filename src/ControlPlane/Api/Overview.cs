using System.Text.Json;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Api;

/// <summary>A resource and its insight as one object, for the kinds that have an insight.</summary>
internal static class Overview
{
    /// <summary>True for Dataplane, Zone, ZoneIngress and ZoneEgress.</summary>
    public static bool Has(ResourceKind kind) => kind.Name is "Dataplane" or "Zone" or "ZoneIngress" or "ZoneEgress";

    /// <summary>Writes the overview; the insight's member is missing when there is none.</summary>
    public static void Write(Utf8JsonWriter writer, Resource resource, World world)
    {
        var member = char.ToLowerInvariant(resource.Kind.Name[0]) + resource.Kind.Name[1..];
        writer.WriteStartObject();
        ResourceJson.WriteMeta(writer, resource, resource.Kind.Name + "Overview");
        writer.WritePropertyName(member);
        ResourceJson.WriteBody(writer, resource.Spec, indent: false);
        if (world.Find(resource.Kind.Name + "Insight", resource.Mesh, resource.Name) is { } insight)
        {
            writer.WritePropertyName(member + "Insight");
            ResourceJson.WriteBody(writer, insight.Spec, indent: false);
        }

        writer.WriteEndObject();
    }
}
