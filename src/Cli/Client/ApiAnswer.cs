using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Client;

/// <summary>A good answer (status 2xx) of a control plane.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">The body as text.</param>
/// <param name="ETag">The entity tag, or null; Kuma sends none, MeshConsole does.</param>
internal sealed record ApiAnswer(int Status, string Body, string? ETag)
{
    /// <summary>The body as a JSON object, or a refusal that says what came instead.</summary>
    public Result<JsonObject> Json()
    {
        try
        {
            if (JsonNode.Parse(Body, documentOptions: new JsonDocumentOptions { MaxDepth = 256, AllowDuplicateProperties = false }) is JsonObject json)
            {
                return json;
            }
        }
        catch (JsonException)
        {
            // Said below, in words for a person.
        }

        return new Refusal(RefusalReason.Unavailable, "Unexpected answer", "the control plane did not answer with a JSON object; is this the address of its API?");
    }
}
