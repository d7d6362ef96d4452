using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeshConsole.ControlPlane.Store;

namespace MeshConsole.ControlPlane.Identity;

/// <summary>
/// The certificate that this control plane shows on its TLS ports, and the CA of its own that signs it: made at the first
/// start under <c>tls</c> in the data directory, the server certificate renewed when it has less than 60 days left or when a
/// name is missing.
/// </summary>
/// <remarks>
/// <c>ca.crt</c> holds two certificates: the CA that signs the server certificate, and the root above it. TLS servers leave
/// the root out of what they present; because ours is not the root, it is presented, and its fingerprint can be checked by a
/// zone that has no file. The root's key signs the CA once and is thrown away.
/// </remarks>
public sealed class ServerCertificates : IDisposable
{
    /// <summary>Life of a server certificate.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(365);

    /// <summary>With less than this left a server certificate is replaced.</summary>
    public static readonly TimeSpan RenewBefore = TimeSpan.FromDays(60);

    /// <summary>Life of the CA, in years.</summary>
    public const int AuthorityYears = 10;

    /// <summary>Subject of the CA that is made here; every installation has one of its own.</summary>
    internal const string AuthoritySubject = "CN=MeshConsole CA, O=MeshConsole";

    private const string AuthorityFile = "ca.crt";
    private const string AuthorityKeyFile = "ca.key";
    private const string ServerFile = "server.crt";
    private const string ServerKeyFile = "server.key";
    private readonly TimeProvider time;
    private readonly string directory;
    private readonly X509Certificate2? signer;
    private readonly Lock gate = new();
    private X509Certificate2 current;

    private ServerCertificates(string directory, X509Certificate2? signer, X509Certificate2Collection chain, X509Certificate2 current, ImmutableArray<string> names, TimeProvider time)
    {
        this.directory = directory;
        this.signer = signer;
        this.current = current;
        this.time = time;
        Chain = chain;
        Names = names;
    }

    /// <summary>
    /// The certificate with its key; asked anew for each connection, so that it is also renewed in a process that runs for a
    /// year.
    /// </summary>
    public X509Certificate2 Current
    {
        get
        {
            lock (gate)
            {
                if (signer is not null && IsDue(current, time.GetUtcNow()))
                {
                    current = MakeServer(directory, signer, Names, time.GetUtcNow()); // the old one may still serve a handshake
                }

                return current;
            }
        }
    }

    /// <summary>What is presented after the server certificate: our CA.</summary>
    public X509Certificate2Collection Chain { get; }

    /// <summary>The names and addresses in the certificate.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>
    /// Fingerprint of our CA, for <c>--ca-fingerprint</c>. With an own certificate: of the first certificate after the server's
    /// in its file, or of that one when it stands alone.
    /// </summary>
    public string CaFingerprint => Fingerprint.Of(Chain.Count > 0 ? Chain[0] : Current);

    /// <summary>The CA certificates as PEM, for <c>--ca-file</c> and for proxies; empty with an own certificate.</summary>
    public string CaPem { get; private init; } = "";

    /// <summary>Reads the certificates, or makes them.</summary>
    /// <param name="directory">The <c>tls</c> folder in the data directory.</param>
    /// <param name="options">Further names, or an own certificate.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="InvalidOperationException">A file does not hold what it should; the message names the file.</exception>
    public static ServerCertificates LoadOrCreate(string directory, TlsOptions options, TimeProvider time)
    {
        if (options.CertificateFile.Length > 0)
        {
            return FromFiles(directory, options, time);
        }

        var now = time.GetUtcNow();
        var names = NamesOf(options.Names);
        var (signer, authorities) = LoadOrCreateAuthority(directory, now);
        var server = LoadServer(directory, authorities[0], names, now) ?? MakeServer(directory, signer, names, now);
        return new ServerCertificates(directory, signer, [authorities[0]], server, names, time)
        {
            CaPem = string.Concat(authorities.Select(a => a.ExportCertificatePem() + "\n")),
        };
    }

    /// <inheritdoc />
    public void Dispose()
    {
        signer?.Dispose();
        current.Dispose();
        foreach (var certificate in Chain)
        {
            certificate.Dispose();
        }
    }

    private static bool IsDue(X509Certificate2 certificate, DateTimeOffset now) => now > certificate.NotAfter.ToUniversalTime() - RenewBefore;

    private static ServerCertificates FromFiles(string directory, TlsOptions options, TimeProvider time)
    {
        var all = new X509Certificate2Collection();
        try
        {
            all.ImportFromPemFile(options.CertificateFile);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"Tls:CertificateFile {options.CertificateFile} cannot be read: {e.Message}", e);
        }

        var certificate = ReadPair(options.CertificateFile, options.KeyFile)
            ?? throw new InvalidOperationException($"Tls:KeyFile {options.KeyFile} does not hold the key of {options.CertificateFile}.");
        return new ServerCertificates(directory, signer: null, [.. all.Skip(1)], certificate, AlternativesOf(certificate), time);
    }

    private static (X509Certificate2 Signer, X509Certificate2Collection Authorities) LoadOrCreateAuthority(string directory, DateTimeOffset now)
    {
        var path = Path.Combine(directory, AuthorityFile);
        var keyPath = Path.Combine(directory, AuthorityKeyFile);
        if (!File.Exists(path) && !File.Exists(keyPath))
        {
            CreateAuthority(path, keyPath, now);
        }

        var signer = ReadPair(path, keyPath)
            ?? throw new InvalidOperationException($"{path} and {keyPath} do not belong together or one of them is missing. Restore both from your backup, or remove both: then zones have to be given the new CA.");
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(path);
        return (signer, authorities);
    }

    private static void CreateAuthority(string path, string keyPath, DateTimeOffset now)
    {
        var from = now - CertificateMaker.Backdated;
        var until = now.AddYears(AuthorityYears);
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = CertificateMaker.Authority(new CertificateRequest("CN=MeshConsole root,O=MeshConsole", rootKey, HashAlgorithmName.SHA256), issuer: null, pathLength: 1, from, until);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = CertificateMaker.Authority(new CertificateRequest(AuthoritySubject, key, HashAlgorithmName.SHA256), root, pathLength: 0, from, until);
        SecureFile.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem() + "\n");
        File.WriteAllText(path, authority.ExportCertificatePem() + "\n" + root.ExportCertificatePem() + "\n");
    }

    /// <summary>The stored server certificate, or null when a new one is needed.</summary>
    private static X509Certificate2? LoadServer(string directory, X509Certificate2 authority, ImmutableArray<string> names, DateTimeOffset now)
    {
        var certificate = ReadPair(Path.Combine(directory, ServerFile), Path.Combine(directory, ServerKeyFile));
        if (certificate is null)
        {
            return null;
        }

        if (IsDue(certificate, now) || certificate.Issuer != authority.Subject || names.Except(AlternativesOf(certificate), StringComparer.OrdinalIgnoreCase).Any())
        {
            certificate.Dispose();
            return null;
        }

        return certificate;
    }

    private static X509Certificate2 MakeServer(string directory, X509Certificate2 signer, ImmutableArray<string> names, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var end = now + Life;
        var limit = new DateTimeOffset(signer.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        using var certificate = CertificateMaker.Server(names[0], key, names, signer, now - CertificateMaker.Backdated, end < limit ? end : limit);
        SecureFile.WriteAllText(Path.Combine(directory, ServerKeyFile), key.ExportPkcs8PrivateKeyPem() + "\n");
        File.WriteAllText(Path.Combine(directory, ServerFile), certificate.ExportCertificatePem() + "\n");
        return WithKey(certificate.CopyWithPrivateKey(key));
    }

    /// <summary>Certificate and key of two PEM files; null when a file is missing or they do not belong together.</summary>
    private static X509Certificate2? ReadPair(string certificatePath, string keyPath)
    {
        if (!File.Exists(certificatePath) || !File.Exists(keyPath))
        {
            return null;
        }

        try
        {
            return WithKey(X509Certificate2.CreateFromPemFile(certificatePath, keyPath));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null; // the caller says which files, and what to do
        }
    }

    /// <summary>Windows cannot serve TLS with a key that lives in memory only; elsewhere nothing is to be done.</summary>
    private static X509Certificate2 WithKey(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), password: null);
        }
    }

    private static ImmutableArray<string> AlternativesOf(X509Certificate2 certificate)
    {
        var extension = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        return extension is null ? [] : [.. extension.EnumerateDnsNames(), .. extension.EnumerateIPAddresses().Select(a => a.ToString())];
    }

    /// <summary>Names under which this machine is reached, as far as it knows, and those that the settings add.</summary>
    private static ImmutableArray<string> NamesOf(IEnumerable<string> configured)
    {
        var names = new List<string> { "localhost" };
        names.AddRange(configured.Select(n => n.Trim().ToLowerInvariant()).Where(IsName));
        var machine = Environment.MachineName.ToLowerInvariant();
        if (IsName(machine))
        {
            names.Add(machine);
        }

        names.Add(IPAddress.Loopback.ToString());
        names.Add(IPAddress.IPv6Loopback.ToString());
        names.AddRange(NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.OperationalStatus == OperationalStatus.Up && i.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .Where(a => a.AddressFamily == AddressFamily.InterNetwork || (a.AddressFamily == AddressFamily.InterNetworkV6 && !a.IsIPv6LinkLocal))
            .Select(a => a.ToString())
            .Order(StringComparer.Ordinal));
        return [.. names.Distinct(StringComparer.Ordinal)];
    }

    private static bool IsName(string name) => Uri.CheckHostName(name) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6;
}
