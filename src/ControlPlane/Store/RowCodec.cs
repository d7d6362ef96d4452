using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Store;

/// <summary>Between resources and rows.</summary>
internal sealed class RowCodec(KindRegistry kinds, SecretBox box)
{
    private static readonly ResourceKey KeyCheck = new("store", "", "key check");

    public static string WriteLabels(ImmutableSortedDictionary<string, string> labels) =>
        labels.IsEmpty ? "{}" : JsonSerializer.Serialize(labels, Json.Compact);

    public static ImmutableSortedDictionary<string, string> ReadLabels(string text) =>
        text.Length <= 2
            ? Labels.None
            : Labels.None.AddRange(JsonSerializer.Deserialize<Dictionary<string, string>>(text, Json.Compact)!);

    public static string Hash(ReadOnlySpan<byte> spec) => Convert.ToHexStringLower(SHA256.HashData(spec));

    public ResourceRow Write(Resource resource) => new()
    {
        Kind = resource.Kind.Name,
        Mesh = resource.Mesh,
        Name = resource.Name,
        Labels = WriteLabels(resource.Labels),
        Spec = resource.Kind.IsSecret ? box.Seal(resource.Key, resource.Spec.Utf8.Span) : resource.Spec.Utf8.ToArray(),
        Status = resource.Status?.Utf8.ToArray(),
        Wire = resource.Kind.IsSecret ? null : resource.Wire,
        CreationTime = resource.CreationTime.UtcTicks,
        ModificationTime = resource.ModificationTime.UtcTicks,
        Revision = resource.Revision,
    };

    /// <summary>A known word, sealed: opens only with the same key.</summary>
    public string MakeKeyCheck() => Convert.ToBase64String(box.Seal(KeyCheck, "meshconsole"u8));

    /// <summary>Checks that what <see cref="MakeKeyCheck"/> made was sealed with our key.</summary>
    /// <exception cref="InvalidOperationException">It was not.</exception>
    public void VerifyKeyCheck(string text) => box.Open(KeyCheck, Convert.FromBase64String(text));

    /// <summary>Null when this version does not know the kind: the row stays, and is not shown.</summary>
    public Resource? Read(ResourceRow row)
    {
        if (kinds.Find(row.Kind) is not { } kind)
        {
            return null;
        }

        var spec = kind.IsSecret ? box.Open(new ResourceKey(row.Kind, row.Mesh, row.Name), row.Spec) : row.Spec;
        return new Resource
        {
            Kind = kind,
            Mesh = string.Intern(row.Mesh),
            Name = row.Name,
            Labels = ReadLabels(row.Labels),
            Spec = JsonBody.FromUtf8(spec),
            Status = row.Status is null ? null : JsonBody.FromUtf8(row.Status),
            Wire = row.Wire,
            CreationTime = new DateTimeOffset(row.CreationTime, TimeSpan.Zero),
            ModificationTime = new DateTimeOffset(row.ModificationTime, TimeSpan.Zero),
            Revision = row.Revision,
        };
    }
}
