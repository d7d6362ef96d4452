using System.Collections.Immutable;

namespace MeshConsole.Shared;

/// <summary>Who does something: a person, a token's holder, a zone or the control plane itself.</summary>
/// <param name="Name">User name as Kuma writes it, for example <c>mesh-system:admin</c> or <c>zone:lab</c>.</param>
/// <param name="Groups">Groups the name belongs to.</param>
public sealed record Actor(string Name, ImmutableArray<string> Groups)
{
    /// <summary>Group of administrators.</summary>
    public const string AdminGroup = "mesh-system:admin";

    /// <summary>Group of everybody who showed an identity.</summary>
    public const string AuthenticatedGroup = "mesh-system:authenticated";

    /// <summary>Group of those who did not.</summary>
    public const string UnauthenticatedGroup = "mesh-system:unauthenticated";

    /// <summary>The control plane itself: start-up defaults, bookkeeping, generators.</summary>
    public static Actor System { get; } = new("mesh-system:control-plane", [AdminGroup]);

    /// <summary>Nobody.</summary>
    public static Actor Anonymous { get; } = new("mesh-system:anonymous", [UnauthenticatedGroup]);

    /// <summary>The zone behind an authenticated KDS link.</summary>
    public static Actor OfZone(string zone) => new("zone:" + zone, []);

    /// <summary>True for administrators.</summary>
    public bool IsAdmin => Groups.Contains(AdminGroup);

    /// <summary>Kuma's spelling, <c>name/group1,group2</c>.</summary>
    public override string ToString() => $"{Name}/{string.Join(',', Groups)}";
}
