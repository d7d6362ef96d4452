namespace MeshConsole.ControlPlane.Store;

/// <summary>A stored resource. Bodies are bytes, so that a new kind needs no migration and nothing is reformatted.</summary>
public sealed class ResourceRow
{
    /// <summary>Kuma's type name.</summary>
    public required string Kind { get; set; }

    /// <summary>Mesh, or empty.</summary>
    public required string Mesh { get; set; }

    /// <summary>Stored name.</summary>
    public required string Name { get; set; }

    /// <summary>Labels as a JSON object.</summary>
    public required string Labels { get; set; }

    /// <summary>The spec, UTF-8 JSON; for secret kinds sealed by <see cref="SecretBox"/>.</summary>
    public required byte[] Spec { get; set; }

    /// <summary>The status, UTF-8 JSON, or null.</summary>
    public byte[]? Status { get; set; }

    /// <summary>Original protobuf bytes with unknown fields, or null.</summary>
    public byte[]? Wire { get; set; }

    /// <summary>UTC ticks of the first store.</summary>
    public long CreationTime { get; set; }

    /// <summary>UTC ticks of the last change.</summary>
    public long ModificationTime { get; set; }

    /// <summary>Store revision of the last change.</summary>
    public long Revision { get; set; }
}

/// <summary>What a deleted resource leaves behind, so that other replicas learn of it.</summary>
public sealed class TombstoneRow
{
    /// <summary>Store revision of the deletion.</summary>
    public long Revision { get; set; }

    /// <summary>Kuma's type name.</summary>
    public required string Kind { get; set; }

    /// <summary>Mesh, or empty.</summary>
    public required string Mesh { get; set; }

    /// <summary>Stored name.</summary>
    public required string Name { get; set; }
}

/// <summary>One version of a resource that a person wrote: the history.</summary>
public sealed class HistoryRow
{
    /// <summary>Store revision of the write.</summary>
    public long Revision { get; set; }

    /// <summary>Kuma's type name.</summary>
    public required string Kind { get; set; }

    /// <summary>Mesh, or empty.</summary>
    public required string Mesh { get; set; }

    /// <summary>Stored name.</summary>
    public required string Name { get; set; }

    /// <summary><c>created</c>, <c>updated</c> or <c>deleted</c>.</summary>
    public required string Operation { get; set; }

    /// <summary>UTC ticks.</summary>
    public long Time { get; set; }

    /// <summary>Who did it.</summary>
    public required string Actor { get; set; }

    /// <summary>Labels after the write, as a JSON object.</summary>
    public required string Labels { get; set; }

    /// <summary>The spec after the write (before it, for a deletion); null for secret kinds.</summary>
    public byte[]? Spec { get; set; }

    /// <summary>SHA-256 of the spec, lower-case hex: tells versions of secrets apart without holding them.</summary>
    public required string SpecHash { get; set; }
}

/// <summary>One entry of the audit trail. Holds names and addresses, never secrets or tokens.</summary>
public sealed class AuditRow
{
    /// <summary>Grows by one for each entry.</summary>
    public long Id { get; set; }

    /// <summary>UTC ticks.</summary>
    public long Time { get; set; }

    /// <summary>Who did it.</summary>
    public required string Actor { get; set; }

    /// <summary>What was done: <c>created</c>, <c>updated</c>, <c>deleted</c>, <c>token issued</c>, <c>signed in</c>, …</summary>
    public required string Action { get; set; }

    /// <summary>To what, in words: <c>MeshHTTPRoute default/api</c>.</summary>
    public required string Target { get; set; }

    /// <summary>Revision of the write it belongs to, or 0.</summary>
    public long Revision { get; set; }

    /// <summary>Anything more a reader needs; may be empty.</summary>
    public required string Detail { get; set; }
}

/// <summary>A person who may sign in at the console.</summary>
public sealed class UserRow
{
    /// <summary>Sign-in name, lower case.</summary>
    public required string Name { get; set; }

    /// <summary>Salted hash as made by ASP.NET Core's password hasher.</summary>
    public required string PasswordHash { get; set; }

    /// <summary>Groups, comma separated.</summary>
    public required string Groups { get; set; }

    /// <summary>UTC ticks.</summary>
    public long CreationTime { get; set; }

    /// <summary>Changes when the password changes; cookies with another stamp are no longer good.</summary>
    public required string Stamp { get; set; }
}

/// <summary>A named value of the store itself, for example the last revision.</summary>
public sealed class MetaRow
{
    /// <summary>Name.</summary>
    public required string Key { get; set; }

    /// <summary>Value.</summary>
    public required string Value { get; set; }
}
