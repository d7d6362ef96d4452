using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;
using MeshConsole.Testing;
using WireResource = MeshConsole.Protos.Envoy.Discovery.Resource;

namespace MeshConsole.ControlPlane.Tests.Kds;

/// <summary>One recorded response, in the form in which it can be sent again.</summary>
/// <param name="Zone">The zone at the other end.</param>
/// <param name="Stream">Which stream it was on.</param>
/// <param name="Downward">From global to the zone.</param>
/// <param name="Type">The type.</param>
/// <param name="Nonce">Its nonce.</param>
/// <param name="Resources">What it holds.</param>
/// <param name="Removed">What it removes.</param>
/// <param name="Complete">Everything it held is recorded.</param>
internal sealed record RecordedResponse(string Zone, int Stream, bool Downward, string Type, string Nonce, IReadOnlyList<WireResource> Resources, IReadOnlyList<string> Removed, bool Complete)
{
    /// <summary>True when the other side refused it.</summary>
    public bool Refused { get; set; }
}

/// <summary>What real control planes said to each other, as it lies in the folder of recordings.</summary>
internal static class Recording
{
    /// <summary>Folders in which nothing was altered on the way.</summary>
    public static TheoryData<string> Unaltered { get; } =
        ["a-two-zones", "b-zone-policy", "c-same-name", "d-mesh-secrets", "e-zone-lifecycle", "f-same-zone-twice", "g-restarts", "i-bulk", "j-insights", "k-admin"];

    public static IReadOnlyList<RecordedResponse> Read(string folder)
    {
        var responses = new List<RecordedResponse>();
        foreach (var line in File.ReadLines(SharedFolder.Require("peer", "kds", folder, "exchange.jsonl")))
        {
            var row = JsonElement.Parse(line);
            if (!row.TryGetProperty("m", out var m) || !row.TryGetProperty("zone", out var zone) || row.TryGetProperty("injected", out _)
                || m.ValueKind != JsonValueKind.Object || !row.TryGetProperty("method", out var method))
            {
                continue;
            }

            var stream = row.GetProperty("stream").GetInt32();
            if (m.GetProperty("msg").GetString() == "DeltaDiscoveryResponse")
            {
                responses.Add(Response(m, zone.GetString()!, stream, method.GetString() == "GlobalToZoneSync"));
            }
            else if (m.GetProperty("msg").GetString() == "DeltaDiscoveryRequest" && m.GetProperty("v").TryGetProperty("errorDetail", out _))
            {
                var request = m.GetProperty("v");
                var nonce = request.GetProperty("responseNonce").GetString();
                if (responses.LastOrDefault(r => r.Stream == stream && r.Nonce == nonce) is { } refused)
                {
                    refused.Refused = true;
                }
            }
        }

        Assert.NotEmpty(responses);
        return responses;
    }

    private static RecordedResponse Response(JsonElement m, string zone, int stream, bool downward)
    {
        var type = m.GetProperty("typeUrl").GetString()!;
        var resources = new List<WireResource>();
        var complete = true;
        if (m.GetProperty("resources").ValueKind == JsonValueKind.Array)
        {
            foreach (var resource in m.GetProperty("resources").EnumerateArray())
            {
                if (Resource(resource) is { } wire)
                {
                    resources.Add(wire);
                }
                else
                {
                    complete = false;
                }
            }
        }

        complete &= !m.TryGetProperty("nresources", out var count) || count.GetInt32() == resources.Count;
        return new RecordedResponse(
            zone,
            stream,
            downward,
            type,
            m.GetProperty("nonce").GetString()!,
            resources,
            m.GetProperty("removedResources").ValueKind == JsonValueKind.Array ? [.. m.GetProperty("removedResources").EnumerateArray().Select(r => r.GetString()!)] : [],
            complete);
    }

    /// <summary>Null for what was redacted beyond use.</summary>
    private static WireResource? Resource(JsonElement recorded)
    {
        if (recorded.ValueKind != JsonValueKind.Object || !recorded.TryGetProperty("meta", out var meta) || !meta.TryGetProperty("name", out var given) || !recorded.TryGetProperty("spec", out var spec) || spec.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var kuma = new KumaResource
        {
            Meta = new KumaResource.Types.Meta
            {
                Name = given.GetString(),
                Mesh = meta.TryGetProperty("mesh", out var mesh) ? mesh.GetString() : "",
            },
            Spec = new Any { TypeUrl = spec.GetProperty("type_url").GetString()! },
        };
        if (meta.TryGetProperty("labels", out var labels))
        {
            foreach (var label in labels.EnumerateObject().OrderBy(l => l.Name, StringComparer.Ordinal))
            {
                kuma.Meta.Labels[label.Name] = label.Value.GetString()!;
            }
        }

        if (spec.TryGetProperty("raw_json", out var json))
        {
            kuma.Spec.Value = ByteString.CopyFromUtf8(json.GetRawText());
        }
        else if (spec.TryGetProperty("value", out var value))
        {
            var type = kuma.Spec.TypeUrl[(kuma.Spec.TypeUrl.LastIndexOf('.') + 1)..];
            if (TestKinds.All.Find(type) is not { } kind)
            {
                return null;
            }

            var text = value.GetRawText();
            if (text.Contains("redacted", StringComparison.Ordinal))
            {
                if (type != "Secret")
                {
                    return null;
                }

                text = """{"data":"eA=="}""";
            }

            kuma.Spec.Value = ByteString.CopyFrom(kind.ToWire(new Resource { Kind = kind, Name = "x", Spec = JsonBody.FromText(text) }).Value.Span);
            if (spec.GetProperty("bytes").GetInt32() != kuma.Spec.Value.Length && type != "Secret")
            {
                return null; // something was cut out of the recording
            }
        }

        if (recorded.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.Object && status.TryGetProperty("raw_json", out var state))
        {
            kuma.Status = new Any { Value = ByteString.CopyFromUtf8(state.GetRawText()) };
        }

        return new WireResource
        {
            Name = recorded.GetProperty("name").GetString(),
            Version = recorded.GetProperty("version").GetString(),
            Resource_ = new Any { TypeUrl = recorded.GetProperty("any_type_url").GetString(), Value = kuma.ToByteString() },
        };
    }
}
