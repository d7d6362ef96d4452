namespace MeshConsole.ControlPlane.Identity;

/// <summary>The server certificate; section <c>Tls</c> of the settings.</summary>
public sealed class TlsOptions
{
    /// <summary>
    /// Further DNS names and addresses under which zones, proxies and people reach this control plane; they are added to the
    /// certificate that is made here.
    /// </summary>
    public IList<string> Names { get; } = [];

    /// <summary>PEM file with an own certificate, followed by its intermediates. Used instead of one made here.</summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>PEM file with the key of <see cref="CertificateFile"/>.</summary>
    public string KeyFile { get; set; } = "";
}
