using System.Collections.Immutable;
using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using MeshConsole.ControlPlane.Discovery;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;
using WireResource = MeshConsole.Protos.Envoy.Discovery.Resource;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>A resource that came in, taken apart as far as it can be without knowing its kind's rules.</summary>
/// <param name="Name">Name on the wire.</param>
/// <param name="Mesh">Mesh, or the empty string.</param>
/// <param name="Labels">Labels as sent.</param>
/// <param name="Spec">The spec.</param>
/// <param name="Status">The status, or null.</param>
internal sealed record Incoming(string Name, string Mesh, ImmutableSortedDictionary<string, string> Labels, WireSpec Spec, JsonBody? Status);

/// <summary>Between stored resources and <see cref="KumaResource"/> in its envelope.</summary>
internal static class WireForm
{
    private const string Envelope = "type.googleapis.com/kuma.mesh.v1alpha1.KumaResource";

    /// <summary>Encodes a resource under a name and labels; the version is the SHA-256 of the bytes.</summary>
    public static DeltaItem Encode(Resource source, string name, ImmutableSortedDictionary<string, string> labels, WirePayload spec, JsonBody? status)
    {
        var resource = new KumaResource
        {
            Meta = new KumaResource.Types.Meta { Name = name, Mesh = source.Mesh },
            Spec = new Any { TypeUrl = spec.TypeUrl, Value = UnsafeByteOperations.UnsafeWrap(spec.Value) },
        };
        foreach (var (key, value) in labels)
        {
            resource.Meta.Labels[key] = value; // sorted already, so the bytes are the same for the same content
        }

        if (status is not null)
        {
            resource.Status = new Any { Value = UnsafeByteOperations.UnsafeWrap(status.Utf8) };
        }

        var bytes = resource.ToByteArray();
        return new DeltaItem(
            new WireResource
            {
                Name = KdsName.Join(name, source.Mesh),
                Version = Convert.ToHexStringLower(SHA256.HashData(bytes)),
                Resource_ = new Any { TypeUrl = Envelope, Value = UnsafeByteOperations.UnsafeWrap(bytes) },
            },
            source);
    }

    /// <summary>Reads what a peer sent.</summary>
    /// <exception cref="FormatException">It is no resource of this kind; the message says why.</exception>
    public static Incoming Decode(ResourceKind kind, WireResource wire)
    {
        if (wire.Resource_ is not { } any)
        {
            throw new FormatException("the resource is missing");
        }

        KumaResource resource;
        try
        {
            resource = KumaResource.Parser.ParseFrom(any.Value);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new FormatException($"the resource cannot be read: {e.Message}", e);
        }

        if (resource.Meta is not { Name.Length: > 0 } meta)
        {
            throw new FormatException("the resource has no name");
        }

        if (resource.Spec is not { } spec)
        {
            throw new FormatException("the resource has no spec");
        }

        var wantsMesh = kind.Scope == Scope.Mesh;
        if (wantsMesh != meta.Mesh.Length > 0)
        {
            throw new FormatException(wantsMesh ? "the resource has no mesh" : $"{kind.Name} belongs to no mesh, but mesh \"{meta.Mesh}\" is given");
        }

        var labels = Labels.None.ToBuilder();
        foreach (var (key, value) in meta.Labels)
        {
            labels[key] = value;
        }

        JsonBody? status = null;
        if (kind.HasStatus && resource.Status is { Value.Length: > 0 } given)
        {
            try
            {
                status = JsonBody.FromUtf8(given.Value.ToByteArray());
            }
            catch (System.Text.Json.JsonException e)
            {
                throw new FormatException($"status: {e.Message}", e);
            }
        }

        return new Incoming(meta.Name, meta.Mesh, labels.ToImmutable(), kind.FromWire(spec.TypeUrl, spec.Value.Memory), status);
    }
}
