using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Identity;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Protos.Kuma.System;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Resources;

/// <summary>
/// What a certificate authority of a mesh must be like: its secrets can be named, or, when a person brings it, certificate and
/// key can be read, belong together and may sign (SPIFFE's X.509-SVID).
/// </summary>
internal static class MeshBackendRules
{
    /// <summary>Largest certificate or key that is read from a file, bytes.</summary>
    private const int MaxFile = 1024 * 1024;

    /// <summary>Checks the backends of <paramref name="mtls"/>.</summary>
    public static void Check(string mesh, Mesh.Types.Mtls? mtls, World world, ViolationList violations)
    {
        for (var i = 0; i < (mtls?.Backends.Count ?? 0); i++)
        {
            var (backend, path) = (mtls!.Backends[i], FieldPath.Item("mtls.backends", i));
            switch (backend.Type)
            {
                case "builtin" or "provided" when mtls.SkipValidation:
                    break;
                case "builtin":
                    CheckBuiltin(mesh, backend, FieldPath.Member(path, "conf"), violations);
                    break;
                case "provided":
                    CheckProvided(mesh, backend, FieldPath.Member(path, "conf"), world, violations);
                    break;
                default:
                    violations.Add(FieldPath.Member(path, "type"), "could not find installed plugin for this type");
                    break;
            }
        }
    }

    private static void CheckBuiltin(string mesh, CertificateAuthorityBackend backend, string conf, ViolationList violations)
    {
        _ = ProtoChecks.Conf<BuiltinCertificateAuthorityConfig>(backend.Conf, conf, violations);
        var secret = MeshCa.CertificateSecret(mesh, backend.Name);
        var name = FieldPath.Member(conf, "mtls.backends.name"); // Kuma's path
        violations.AddIf(secret.Length > 255, name, "Backend name is too long. Max length: 255");
        violations.AddIf(secret.Length <= 255 && !Checks.IsDnsName(secret), name, $"\"{backend.Name}\" name must be valid dns name");
    }

    private static void CheckProvided(string mesh, CertificateAuthorityBackend backend, string conf, World world, ViolationList violations)
    {
        var (certificatePath, keyPath) = (FieldPath.Member(conf, "cert"), FieldPath.Member(conf, "key"));
        var certificate = Load(mesh, backend, "cert", certificatePath, world, violations);
        var key = Load(mesh, backend, "key", keyPath, world, violations);
        if (certificate is null || key is null)
        {
            return;
        }

        try
        {
            using var pair = X509Certificate2.CreateFromPem(certificate, key);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificate);
            for (var i = 0; i < chain.Count; i++)
            {
                using var link = chain[i];
                CheckAuthority(link, FieldPath.Item(certificatePath, i), violations);
            }
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            violations.Add(certificatePath, $"not a valid TLS key pair: {e.Message}");
        }
    }

    private static void CheckAuthority(X509Certificate2 certificate, string path, ViolationList violations)
    {
        var isAuthority = certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(e => e.CertificateAuthority);
        var usage = certificate.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault()?.KeyUsages ?? X509KeyUsageFlags.None;
        violations.AddIf(!isAuthority, path, "basic constraint 'CA' must be set to 'true' (see X509-SVID: 4.1. Basic Constraints)");
        violations.AddIf(!usage.HasFlag(X509KeyUsageFlags.KeyCertSign), path, "key usage extension 'keyCertSign' must be set (see X509-SVID: 4.3. Key Usage)");
        violations.AddIf(usage.HasFlag(X509KeyUsageFlags.KeyAgreement), path, "key usage extension 'keyAgreement' must NOT be set (see X509-SVID: Appendix A. X.509 Field Reference)");
    }

    /// <summary>The PEM text behind one member of the conf; null, with a violation, when there is none.</summary>
    private static string? Load(string mesh, CertificateAuthorityBackend backend, string member, string path, World world, ViolationList violations)
    {
        if (backend.Conf?.Fields.TryGetValue(member, out var value) != true || value is null)
        {
            violations.Add(path, ProtoChecks.HasToBeDefined);
            return null;
        }

        if (ProtoChecks.Conf<DataSource>(value.StructValue, path, violations) is not { } source)
        {
            return null;
        }

        switch (source.TypeCase)
        {
            case DataSource.TypeOneofCase.Secret when source.Secret.Length > 0:
                var secret = world.Find(SecretData.Secret, mesh, source.Secret);
                violations.AddIf(secret is null, path, $"could not load data: the secret {source.Secret} does not exist in mesh {mesh}");
                return secret is null ? null : SecretData.ReadText(secret);
            case DataSource.TypeOneofCase.File when source.File.Length > 0:
                return ReadFile(source.File, path, violations);
            case DataSource.TypeOneofCase.Inline when source.Inline is { Length: > 0 } inline:
                return inline.ToStringUtf8();
            case DataSource.TypeOneofCase.InlineString when source.InlineString.Length > 0:
                return source.InlineString;
            case DataSource.TypeOneofCase.None:
                violations.Add(path, "data source has to be chosen. Available sources: secret, file, inline");
                return null;
            default:
                violations.Add(FieldPath.Member(path, char.ToLowerInvariant(source.TypeCase.ToString()[0]) + source.TypeCase.ToString()[1..]), ProtoChecks.CannotBeEmpty);
                return null;
        }
    }

    private static string? ReadFile(string file, string path, ViolationList violations)
    {
        try
        {
            var info = new FileInfo(file);
            if (info.Exists && info.Length <= MaxFile)
            {
                return File.ReadAllText(file, Encoding.ASCII);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // Said below: what exactly is wrong with a file of this machine is nobody's business.
        }

        violations.Add(path, $"could not load data: the file {file} cannot be read by the control plane");
        return null;
    }
}
