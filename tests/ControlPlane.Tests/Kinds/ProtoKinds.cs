using MeshConsole.ControlPlane.Kinds;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Tests.Kinds;

/// <summary>The kinds of the engine that travel as protobuf.</summary>
internal static class ProtoKinds
{
    public static IReadOnlyList<ResourceKind> All { get; } = [.. CoreKinds.All.Where(k => k.Flat)];

    /// <summary>Those that people write.</summary>
    public static IReadOnlyList<ResourceKind> Writable { get; } = [.. All.Where(k => !k.ReadOnly)];
}
