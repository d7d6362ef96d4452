using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshTrafficPermission;

/// <summary>Who may call the selected proxies. It is enforced only where mTLS is on; then what no permission allows is denied.</summary>
public sealed record MeshTrafficPermissionSpec : IPolicySpec
{
    /// <inheritdoc />
    [Description("The proxies that are protected. The whole mesh when absent.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>Permissions by SPIFFE ID and server name.</summary>
    [Description("Who may call, by SPIFFE ID or server name. A deny anywhere wins over every allow. Not together with from.")]
    public IReadOnlyList<PermissionRule>? Rules { get; init; }

    /// <summary>Permissions by tags of the client (old).</summary>
    [Description("Who may call, by tags of the client. Deprecated: use rules.")]
    public IReadOnlyList<PermissionFrom>? From { get; init; }
}

/// <summary>One set of permissions.</summary>
public sealed record PermissionRule
{
    /// <summary>The lists.</summary>
    [Required]
    [Description("Who is denied and who is allowed; at least one of the three lists has an entry.")]
    public PermissionLists? Default { get; init; }
}

/// <summary>Who is denied and who is allowed.</summary>
public sealed record PermissionLists
{
    /// <summary>Denied, whatever else is said.</summary>
    [Description("These are denied, whatever any other permission says.")]
    public IReadOnlyList<Match>? Deny { get; init; }

    /// <summary>Allowed unless denied.</summary>
    [Description("These are allowed unless a permission denies them.")]
    public IReadOnlyList<Match>? Allow { get; init; }

    /// <summary>Allowed unless denied, and logged as if denied.</summary>
    [Description("These are allowed unless denied, and the proxy logs them as if they were denied: to try a denial out.")]
    public IReadOnlyList<Match>? AllowWithShadowDeny { get; init; }
}

/// <summary>A permission for clients by tags.</summary>
public sealed record PermissionFrom
{
    /// <summary>The clients.</summary>
    [Required]
    [Description("The clients: everyone in the mesh, or those with certain tags.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>What holds for them.</summary>
    [Description("What holds for these clients.")]
    public PermissionAction? Default { get; init; }
}

/// <summary>What holds for a client.</summary>
public sealed record PermissionAction
{
    /// <summary>Lets the client in.</summary>
    public const string Allow = "Allow";

    /// <summary>Keeps the client out.</summary>
    public const string Deny = "Deny";

    /// <summary>Lets the client in and logs as if it had been kept out.</summary>
    public const string AllowWithShadowDeny = "AllowWithShadowDeny";

    /// <summary>The action.</summary>
    [AllowedValues(Allow, Deny, AllowWithShadowDeny)]
    [Description("Allow, Deny, or AllowWithShadowDeny (allow, and log as if denied).")]
    public string? Action { get; init; }
}
