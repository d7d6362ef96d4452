using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using MeshConsole.ControlPlane.Hosting;
using MeshConsole.ControlPlane.Identity;
using MeshConsole.ControlPlane.Kds;

namespace MeshConsole.Web.Hosting;

/// <summary>Where other instances of this global reach this one.</summary>
internal static class PeerAddress
{
    /// <summary>
    /// The HTTPS port of REST at <c>Bind:Peers</c>; without that setting at the address that is listened on, or at the first
    /// address of this machine when that is all of them.
    /// </summary>
    public static InstanceAddress Of(ControlPlaneOptions options, ListenAddresses addresses, ServerCertificates certificates)
    {
        var host = options.Bind.Peers.Length > 0 ? options.Bind.Peers : Own(IPAddress.Parse(options.Bind.Public));
        var port = addresses.PortOf(Listener.Api, tls: true);
        return new InstanceAddress(new UriBuilder("https", host, port).Uri.ToString(), Fingerprint.Of(certificates.Current));
    }

    private static string Own(IPAddress listens) => listens.Equals(IPAddress.Any) || listens.Equals(IPAddress.IPv6Any)
        ? NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.OperationalStatus == OperationalStatus.Up && i.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .FirstOrDefault(a => a.Address.AddressFamily == AddressFamily.InterNetwork)?.Address.ToString() ?? IPAddress.Loopback.ToString()
        : listens.ToString();
}
