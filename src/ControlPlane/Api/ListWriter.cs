using System.Text.Json;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Api;

/// <summary>The envelope of a list.</summary>
internal static class ListWriter
{
    /// <summary>Writes <c>total</c>, <c>items</c> and <c>next</c>.</summary>
    public static void Write(Utf8JsonWriter writer, int total, IEnumerable<Resource> page, string? next, Action<Utf8JsonWriter, Resource> item)
    {
        writer.WriteStartObject();
        writer.WriteNumber("total", total);
        writer.WriteStartArray("items");
        foreach (var resource in page)
        {
            item(writer, resource);
        }

        writer.WriteEndArray();
        writer.WriteString("next", next); // null on the last page
        writer.WriteEndObject();
    }
}
