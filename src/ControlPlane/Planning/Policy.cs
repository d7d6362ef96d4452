using System.Text.Json;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>A stored policy with its items.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Kind">Its kind, as the engine sees it.</param>
/// <param name="Items">Its items.</param>
public sealed record Policy(Resource Resource, IPolicyKind Kind, PolicyItems Items)
{
    /// <summary>True for a policy that is looked at but does not take effect.</summary>
    public bool IsShadow => Resource.Labels.GetValueOrDefault(Labels.Effect) == "shadow";

    /// <summary>
    /// The policy in a resource, or null when its kind is none with items. A body that a peer sent and that cannot be read (a
    /// list with a hole, say) is a policy without items: it has no effect, and all others keep theirs.
    /// </summary>
    public static Policy? Of(Resource resource) => resource.Kind is IPolicyKind ? resource.Memo<Policy>(Read) : null;

    private static Policy Read(Resource resource)
    {
        var kind = (IPolicyKind)resource.Kind;
        try
        {
            return new Policy(resource, kind, kind.Items(resource));
        }
        catch (Exception e) when (e is NullReferenceException or ArgumentException or InvalidOperationException or FormatException or JsonException)
        {
            return new Policy(resource, kind, new PolicyItems(new TargetRef { Kind = TargetKinds.Mesh }));
        }
    }
}

/// <summary>An item that contributed to a rule.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Index">Number of the item in its list, from 0.</param>
public readonly record struct Origin(Resource Policy, int Index);

/// <summary>An item of <c>to</c> with its policy.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Index">Number of the item in its list, from 0.</param>
/// <param name="Entry">The item.</param>
internal sealed record PlacedTo(Policy Policy, int Index, ToEntry Entry);
