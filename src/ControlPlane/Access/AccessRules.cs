using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Access;

/// <summary>
/// Who may do what. Ours is stricter than Kuma's default: who shows no identity may nothing, everybody who signed in may
/// read all but secrets, only administrators write. The texts of a refusal are Kuma's.
/// </summary>
public static class AccessRules
{
    /// <summary>The answer to a request without identity, or with one that is not valid.</summary>
    public static Refusal Unauthenticated { get; } = new(RefusalReason.Unauthenticated, "Invalid authentication data", "Unauthenticated");

    /// <summary>Whether <paramref name="actor"/> may read resources of <paramref name="kind"/>; null when it may.</summary>
    public static Refusal? Read(Actor actor, ResourceKind kind)
    {
        if (kind.IsSecret)
        {
            return AdminOnly(actor, $"the resource of type \"{kind.Name}\"");
        }

        return IsAnonymous(actor) ? Unauthenticated : null;
    }

    /// <summary>Whether <paramref name="actor"/> may create, change or delete resources of <paramref name="kind"/>.</summary>
    public static Refusal? Write(Actor actor, ResourceKind kind) =>
        !kind.IsSecret && IsAnonymous(actor) ? Unauthenticated : AdminOnly(actor, $"the resource of type \"{kind.Name}\"");

    /// <summary>Whether it may issue user tokens.</summary>
    public static Refusal? IssueUserToken(Actor actor) => actor.IsAdmin ? null : Denied("action not allowed");

    /// <summary>Whether it may issue a token for <paramref name="zone"/>.</summary>
    public static Refusal? IssueZoneToken(Actor actor, string zone) =>
        AdminOnly(actor, $"generate zone token for zone '{(zone.Length > 64 ? zone[..64] + "…" : zone)}'");

    /// <summary>Whether it may issue data plane tokens.</summary>
    public static Refusal? IssueDataplaneToken(Actor actor) => AdminOnly(actor, "generate dataplane token");

    /// <summary>Whether it may see the settings of this control plane (<c>/config</c>).</summary>
    public static Refusal? ViewConfig(Actor actor) => IsAnonymous(actor) ? Unauthenticated : null;

    /// <summary>Whether it may see what a proxy runs with: configuration, statistics, clusters.</summary>
    public static Refusal? ViewProxy(Actor actor) => IsAnonymous(actor) ? Unauthenticated : null;

    /// <summary>Whether it may do what only administrators do and Kuma has no word for: people, license, admission.</summary>
    /// <param name="actor">Who.</param>
    /// <param name="what">Completes the sentence "… cannot access", for example <c>people</c>.</param>
    public static Refusal? Administer(Actor actor, string what) => IsAnonymous(actor) ? Unauthenticated : AdminOnly(actor, what);

    private static bool IsAnonymous(Actor actor) => actor.Groups.Contains(Actor.UnauthenticatedGroup);

    private static Refusal? AdminOnly(Actor actor, string what) => actor.IsAdmin ? null : Denied($"user \"{actor}\" cannot access {what}");

    private static Refusal Denied(string detail) => new(RefusalReason.Forbidden, "Access Denied", detail);
}
