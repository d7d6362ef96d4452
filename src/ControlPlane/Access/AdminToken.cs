using System.Globalization;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Access;

/// <summary>Writes an administrator's user token to a file (mode 0600), for scripts: <c>--admin-token-file</c>.</summary>
public sealed class AdminToken(Tokens tokens, ResourceStore store)
{
    /// <summary>How long the token is good: ten years (Kuma's bootstrap token).</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(3650);

    private const string Name = "mesh-system:admin";

    /// <summary>
    /// Writes the token. A file that already holds a good one is left alone, so that restarts do not pile up tokens. The
    /// signing keys must be there.
    /// </summary>
    public async Task<Result<string>> WriteAsync(string path, CancellationToken cancellationToken)
    {
        if (File.Exists(path) && await ReadGoodAsync(path, cancellationToken).ConfigureAwait(false) is { } known)
        {
            SecureFile.WriteAllText(path, known); // whatever its mode was, now it is the owner's alone
            return path;
        }

        var issued = tokens.IssueUser(Name, [Actor.AdminGroup], Life);
        if (!issued.Ok)
        {
            return issued.Refusal;
        }

        await store.CommitAsync(
            Actor.System,
            transaction =>
            {
                transaction.AddAudit("token issued", $"user {Name}", string.Create(CultureInfo.InvariantCulture, $"id {issued.Value.Id}, written to the admin token file, good until {issued.Value.Expires:yyyy-MM-dd HH:mm:ss} UTC"));
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        SecureFile.WriteAllText(path, issued.Value.Text);
        return path;
    }

    private async Task<string?> ReadGoodAsync(string path, CancellationToken cancellationToken)
    {
        if (new FileInfo(path).Length > Tokens.MaxLength)
        {
            return null;
        }

        var text = (await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false)).Trim();
        return tokens.ValidateUser(text) is { Ok: true, Value.IsAdmin: true } ? text : null;
    }
}
