using MeshConsole.ControlPlane.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MeshConsole.Web.Hosting;

/// <summary>The ports that are really listened on, known once the server has started.</summary>
public sealed class ListenAddresses
{
    private readonly List<(Listener Listener, bool Tls, ListenOptions Options)> listeners = [];

    /// <summary>The port of a listener.</summary>
    /// <exception cref="InvalidOperationException">This control plane has no such listener.</exception>
    public int PortOf(Listener listener, bool tls = false) =>
        listeners.Where(l => l.Listener == listener && l.Tls == tls).Select(l => l.Options.IPEndPoint?.Port).FirstOrDefault()
        ?? throw new InvalidOperationException($"There is no {listener} listener.");

    /// <summary>True for a port of REST and console.</summary>
    public bool IsApi(int port) => listeners.Any(l => l.Listener == Listener.Api && l.Options.IPEndPoint?.Port == port);

    internal void Add(Listener listener, ListenOptions options, bool tls = false) => listeners.Add((listener, tls, options));
}
