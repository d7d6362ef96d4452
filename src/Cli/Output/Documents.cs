using System.Text.Json.Nodes;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Output;

/// <summary>Writes resources as the control plane serves them, as YAML or JSON.</summary>
internal static class Documents
{
    /// <summary>One document.</summary>
    public static void Write(TextWriter writer, JsonObject document, string format) =>
        writer.WriteLine(format == "json" ? document.ToJsonString(Json.Pretty) : Yaml.Write(document).TrimEnd('\n'));

    /// <summary>A list: in JSON the object <c>{"total", "items"}</c>, in YAML one document each, ready for <c>apply</c>.</summary>
    public static void WriteList(TextWriter writer, IReadOnlyCollection<JsonObject> documents, string format)
    {
        if (format == "json")
        {
            Write(writer, new JsonObject { ["total"] = documents.Count, ["items"] = new JsonArray([.. documents.Select(d => d.DeepClone())]) }, format);
            return;
        }

        var first = true;
        foreach (var document in documents)
        {
            if (!first)
            {
                writer.WriteLine("---");
            }

            Write(writer, document, format);
            first = false;
        }
    }
}
