using WireResource = MeshConsole.Protos.Envoy.Discovery.Resource;

namespace MeshConsole.ControlPlane.Discovery;

/// <summary>One resource in the form in which a stream sends it. Shared between streams: nobody changes it.</summary>
/// <param name="Message">The encoded resource with its wire name and version.</param>
/// <param name="Source">What it was made from, when it was made from a stored resource.</param>
public sealed record DeltaItem(WireResource Message, Shared.Resource? Source = null)
{
    /// <summary>Name on the wire.</summary>
    public string Name => Message.Name;

    /// <summary>Changes with the content.</summary>
    public string Version => Message.Version;

    /// <summary>Bytes that it takes in a response, about.</summary>
    public int Size { get; } = Message.CalculateSize() + 8;
}
