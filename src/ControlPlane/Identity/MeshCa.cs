using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Identity;

/// <summary>
/// The CA of a mesh's builtin mTLS backend: a self-signed RSA root kept in two secrets of the mesh, named and formed as Kuma
/// does. Made by the control plane that owns the mesh, once; never rotated or overwritten here.
/// </summary>
public sealed class MeshCa(KindRegistry kinds, TimeProvider time)
{
    private const string Title = "Could not process a resource";
    private static readonly TimeSpan Backdated = TimeSpan.FromSeconds(10);

    /// <summary>Name of the secret with the root certificate (PEM).</summary>
    public static string CertificateSecret(string mesh, string backend) => $"{mesh}.ca-builtin-cert-{backend}";

    /// <summary>Name of the secret with its key (PKCS#1 PEM).</summary>
    public static string KeySecret(string mesh, string backend) => $"{mesh}.ca-builtin-key-{backend}";

    /// <summary>
    /// Makes the CAs that the builtin backends of a mesh need and do not have. Slow (RSA keys), so called before the commit
    /// that stores the mesh; <see cref="PreparedSecrets.Apply"/> is called inside it.
    /// </summary>
    /// <param name="world">The state now.</param>
    /// <param name="mesh">Name of the mesh.</param>
    /// <param name="spec">Its spec as it will be stored.</param>
    /// <returns>One entry per backend that needs one; or the refusal when half of a CA is there, or its settings are wrong.</returns>
    public Result<ImmutableArray<PreparedSecrets>> Prepare(World world, string mesh, JsonBody spec)
    {
        var prepared = ImmutableArray.CreateBuilder<PreparedSecrets>();
        var violations = new ViolationList();
        var index = -1;
        foreach (var backend in Backends(spec.Parse()))
        {
            index++;
            if (Text(backend, "type") != "builtin" || Text(backend, "name") is not { Length: > 0 } name)
            {
                continue;
            }

            var hasCertificate = world.Find(SecretData.Secret, mesh, CertificateSecret(mesh, name)) is not null;
            var hasKey = world.Find(SecretData.Secret, mesh, KeySecret(mesh, name)) is not null;
            if (hasCertificate && hasKey)
            {
                continue;
            }

            if (hasCertificate || hasKey)
            {
                return new Refusal(RefusalReason.Conflict, Title, $"The CA of backend \"{name}\" is incomplete: of the secrets \"{CertificateSecret(mesh, name)}\" and \"{KeySecret(mesh, name)}\" only one exists. Add the other, or delete both.");
            }

            var path = string.Create(CultureInfo.InvariantCulture, $"mtls.backends[{index}].conf.caCert");
            var settings = ReadSettings(backend, path, violations);
            if (violations.IsEmpty)
            {
                prepared.Add(Make(mesh, name, settings.Bits, settings.Life));
            }
        }

        return violations.IsEmpty ? prepared.ToImmutable() : Refusal.Invalid(violations, Title);
    }

    private static JsonElement.ArrayEnumerator Backends(JsonElement spec) =>
        spec.TryGetProperty("mtls", out var mtls) && mtls.ValueKind == JsonValueKind.Object
        && mtls.TryGetProperty("backends", out var backends) && backends.ValueKind == JsonValueKind.Array
            ? backends.EnumerateArray()
            : default;

    private static string? Text(JsonElement element, string member) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Kuma's settings and defaults: RSA 2048, ten years.</summary>
    private static (int Bits, TimeSpan Life) ReadSettings(JsonElement backend, string path, ViolationList violations)
    {
        var bits = 2048;
        var life = TimeSpan.FromDays(3650);
        if (!backend.TryGetProperty("conf", out var conf) || conf.ValueKind != JsonValueKind.Object
            || !conf.TryGetProperty("caCert", out var settings) || settings.ValueKind != JsonValueKind.Object)
        {
            return (bits, life);
        }

        if (settings.TryGetProperty("RSAbits", out var size) && size.ValueKind != JsonValueKind.Null)
        {
            // Kuma takes any size; less than 2048 is no protection and more than 8192 keeps a core busy for minutes.
            var isNumber = size.ValueKind == JsonValueKind.Number && size.TryGetInt32(out bits);
            violations.AddIf(!isNumber || bits is < 2048 or > 8192 || bits % 8 != 0, path + ".RSAbits", "must be a number from 2048 to 8192");
        }

        if (settings.TryGetProperty("expiration", out var expiration) && expiration.ValueKind != JsonValueKind.Null && expiration.GetRawText() != "\"\"")
        {
            var read = expiration.ValueKind == JsonValueKind.String ? ReadLife(expiration.GetString()!) : null;
            violations.AddIf(read is null, path + ".expiration", "must be a number with a unit (y, w, d, h, m, s), above 0 and at most 100 years");
            life = read ?? life;
        }

        return (bits, life);
    }

    /// <summary>A number and one unit, Kuma's way to write long times: <c>10y</c>.</summary>
    private static TimeSpan? ReadLife(string text)
    {
        var unit = text.AsSpan().TrimStart("0123456789");
        if (!long.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is 0 or > 3_200_000_000)
        {
            return null;
        }

        double? seconds = unit switch
        {
            "y" => 365 * 86400d,
            "w" => 7 * 86400d,
            "d" => 86400d,
            "h" => 3600d,
            "m" => 60d,
            "s" => 1d,
            _ => null,
        };
        return number * seconds is { } total && total <= 100 * 365 * 86400d ? TimeSpan.FromSeconds(total) : null;
    }

    private PreparedSecrets Make(string mesh, string backend, int bits, TimeSpan life)
    {
        var now = time.GetUtcNow();
        using var key = RSA.Create(bits);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(mesh);
        subject.AddOrganizationalUnitName("Mesh");
        subject.AddOrganizationName("MeshConsole");
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(CertificateMaker.UriNames($"spiffe://{mesh}"));
        using var certificate = CertificateMaker.Authority(request, issuer: null, pathLength: null, now - Backdated, now + life);
        return new PreparedSecrets(
            SecretData.Draft(kinds, SecretData.Secret, mesh, CertificateSecret(mesh, backend), Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n")),
            SecretData.Draft(kinds, SecretData.Secret, mesh, KeySecret(mesh, backend), Encoding.ASCII.GetBytes(key.ExportRSAPrivateKeyPem() + "\n")));
    }
}
