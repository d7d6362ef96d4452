using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Testing;

namespace MeshConsole.EndToEnd.Tests.Conformance;

/// <summary>One call to a real Kuma 2.14.3 and what it answered, as it lies in the shared folder.</summary>
/// <param name="Name">File name without ending; plain names are reads, <c>v_</c> and <c>w_</c> are writes, tokens and errors.</param>
/// <param name="Request">Method, path, headers and body.</param>
/// <param name="Status">Status that was answered.</param>
/// <param name="ContentType">Media type that was answered, without parameters; empty when there was none.</param>
/// <param name="Body">JSON that was answered, or null when it was text.</param>
internal sealed record RecordedCall(string Name, JsonNode Request, int Status, string ContentType, JsonNode? Body)
{
    public string Method => (string)Request["method"]!;

    public string Path => (string)Request["path"]!;

    public bool Succeeds => Status is 200 or 201;

    /// <summary>All calls of one recording, <c>global</c> or <c>zone</c>; empty when the shared folder is not there.</summary>
    public static IReadOnlyList<RecordedCall> All(string recording)
    {
        var folder = SharedFolder.Path is { } shared ? System.IO.Path.Combine(shared, "peer", "rest", recording) : "";
        return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(Read).OfType<RecordedCall>()] : [];
    }

    /// <summary>The request, to send it again.</summary>
    public HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(new HttpMethod(Method), Path);
        if (Request["body"] is { } body)
        {
            var text = body is JsonValue value && value.TryGetValue<string>(out var raw) ? raw : body.ToJsonString();
            message.Content = new StringContent(text, Encoding.UTF8, (string?)Request["headers"]?["content-type"] ?? "application/json");
        }

        return message;
    }

    private static RecordedCall? Read(string file)
    {
        var call = JsonNode.Parse(File.ReadAllText(file))!;
        if (call["response"] is not { } response)
        {
            return null; // a note, no call
        }

        var type = (string?)response["headers"]?["Content-Type"] ?? "";
        return new RecordedCall(
            System.IO.Path.GetFileNameWithoutExtension(file),
            call["request"]!,
            (int)response["status"]!,
            type.Split(';')[0],
            response["json"]);
    }
}
