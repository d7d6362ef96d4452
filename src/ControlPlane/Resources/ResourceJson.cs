using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Resources;

/// <summary>The REST form of a resource, as Kuma shows it.</summary>
public static class ResourceJson
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Indented = true,
        IndentSize = 1,
    };

    /// <summary>Writes one resource as an object.</summary>
    /// <param name="writer">Receives it.</param>
    /// <param name="resource">What to write.</param>
    /// <param name="indent">True re-indents the bodies; false copies their text, which is faster for lists.</param>
    public static void Write(Utf8JsonWriter writer, Resource resource, bool indent = false)
    {
        writer.WriteStartObject();
        WriteMeta(writer, resource, resource.Kind.Name);
        if (resource.Kind.Flat)
        {
            WriteMembers(writer, resource.Spec);
        }
        else
        {
            WriteSnis(writer, resource);
            writer.WritePropertyName("spec");
            WriteBody(writer, resource.Spec, indent);
            if (resource.Kind.HasStatus)
            {
                writer.WritePropertyName("status");
                WriteBody(writer, resource.Status ?? JsonBody.Empty, indent);
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes the members that all resources share; the caller has opened the object.</summary>
    public static void WriteMeta(Utf8JsonWriter writer, Resource resource, string type)
    {
        writer.WriteString("type", type);
        if (resource.Kind.Scope == Scope.Mesh)
        {
            writer.WriteString("mesh", resource.Mesh);
        }

        writer.WriteString("name", resource.Name);
        writer.WriteString("creationTime", Time(resource.CreationTime));
        writer.WriteString("modificationTime", Time(resource.ModificationTime));
        if (!resource.Labels.IsEmpty)
        {
            writer.WriteStartObject("labels");
            foreach (var (key, value) in resource.Labels)
            {
                writer.WriteString(key, value);
            }

            writer.WriteEndObject();
        }

        if (Kri.Of(resource) is { } kri)
        {
            writer.WriteString("kri", kri.ToString());
        }
    }

    private static void WriteSnis(Utf8JsonWriter writer, Resource resource)
    {
        var open = false;
        foreach (var (port, name) in Sni.Of(resource))
        {
            if (!open)
            {
                writer.WriteStartArray("snis");
                open = true;
            }

            writer.WriteStartObject();
            writer.WriteNumber("port", port);
            writer.WriteString("sni", name);
            writer.WriteEndObject();
        }

        if (open)
        {
            writer.WriteEndArray();
        }
    }

    /// <summary>Writes the members of a body into the object that the caller has opened.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, JsonBody body)
    {
        foreach (var member in body.Parse().EnumerateObject())
        {
            member.WriteTo(writer);
        }
    }

    /// <summary>Writes a body as a value.</summary>
    public static void WriteBody(Utf8JsonWriter writer, JsonBody body, bool indent)
    {
        if (indent)
        {
            body.Parse().WriteTo(writer);
        }
        else
        {
            writer.WriteRawValue(body.Utf8.Span, skipInputValidation: true);
        }
    }

    /// <summary>One resource as indented text.</summary>
    public static byte[] ToUtf8(Resource resource)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            Write(writer, resource, indent: true);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>What a person would write to get this resource: without times, KRI and status.</summary>
    public static JsonObject ToManifest(Resource resource)
    {
        var manifest = new JsonObject { ["type"] = resource.Kind.Name };
        if (resource.Kind.Scope == Scope.Mesh)
        {
            manifest["mesh"] = resource.Mesh;
        }

        manifest["name"] = resource.Name;
        if (!resource.Labels.IsEmpty)
        {
            var labels = new JsonObject();
            foreach (var (key, value) in resource.Labels)
            {
                labels[key] = value;
            }

            manifest["labels"] = labels;
        }

        var spec = resource.Spec.ToNode();
        if (!resource.Kind.Flat)
        {
            manifest["spec"] = spec;
            return manifest;
        }

        foreach (var (name, value) in spec)
        {
            manifest[name] = value?.DeepClone();
        }

        return manifest;
    }

    /// <summary>RFC 3339, UTC, as Kuma writes times.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
