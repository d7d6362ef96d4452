using System.Text.Json;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Api;

/// <summary>A resource as the Kubernetes object it would be: the "Kubernetes" view of consoles and <c>kumactl export -f kubernetes</c>.</summary>
internal static class KubernetesForm
{
    private static readonly string[] Computed = [Labels.Origin, Labels.Zone, Labels.DisplayName, Labels.Env, Labels.ProxyType, Labels.PolicyRole];

    /// <summary>Writes the object.</summary>
    /// <param name="writer">Receives it.</param>
    /// <param name="resource">What to write.</param>
    /// <param name="systemNamespace">Namespace of namespaced kinds.</param>
    public static void Write(Utf8JsonWriter writer, Resource resource, string systemNamespace)
    {
        writer.WriteStartObject();
        if (resource.Kind.IsSecret)
        {
            WriteSecret(writer, resource, systemNamespace);
            writer.WriteEndObject();
            return;
        }

        writer.WriteString("kind", resource.Kind.Name);
        writer.WriteString("apiVersion", "kuma.io/v1alpha1");
        if (resource.Kind.Flat && resource.Kind.Scope == Scope.Mesh)
        {
            writer.WriteString("mesh", resource.Mesh);
        }

        writer.WriteStartObject("metadata");
        writer.WriteString("name", resource.Name);
        if (!resource.Kind.Flat || resource.Kind.Name is "Dataplane" or "DataplaneInsight" or "ZoneIngress" or "ZoneIngressInsight" or "ZoneEgress" or "ZoneEgressInsight")
        {
            writer.WriteString("namespace", systemNamespace);
        }

        WriteTimeAndLabels(writer, resource);
        writer.WriteEndObject();
        writer.WritePropertyName("spec");
        ResourceJson.WriteBody(writer, resource.Spec, indent: true);
        if (resource.Kind.HasStatus)
        {
            writer.WritePropertyName("status");
            ResourceJson.WriteBody(writer, resource.Status ?? JsonBody.Empty, indent: true);
        }

        writer.WriteEndObject();
    }

    private static void WriteSecret(Utf8JsonWriter writer, Resource resource, string systemNamespace)
    {
        writer.WriteString("kind", "Secret");
        writer.WriteString("apiVersion", "v1");
        writer.WriteString("type", resource.Kind.Scope == Scope.Mesh ? "system.kuma.io/secret" : "system.kuma.io/global-secret");
        writer.WriteStartObject("metadata");
        writer.WriteString("name", resource.Name);
        writer.WriteString("namespace", systemNamespace);
        WriteTimeAndLabels(writer, resource);
        writer.WriteEndObject();
        writer.WriteStartObject("data");
        if (resource.Spec.Parse().TryGetProperty("data", out var data))
        {
            writer.WritePropertyName("value");
            data.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    private static void WriteTimeAndLabels(Utf8JsonWriter writer, Resource resource)
    {
        writer.WriteString("creationTimestamp", resource.CreationTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));

        // What the control plane computes is computed anew where the object is applied; the mesh is a label there for the newer kinds.
        var labels = resource.Labels.Where(l => !Computed.Contains(l.Key) && !(l.Key == Labels.Mesh && resource.Kind.Flat)).ToList();
        if (labels.Count > 0)
        {
            writer.WriteStartObject("labels");
            foreach (var (key, value) in labels)
            {
                writer.WriteString(key, value);
            }

            writer.WriteEndObject();
        }
    }
}
