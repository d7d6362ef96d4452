using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Access;

/// <summary>
/// The one-time link of the first start: it sets name and password of the first administrator. Made anew at each start until
/// there is one, good for a quarter of an hour, used up by success only, and refused once an administrator exists.
/// </summary>
public sealed class SetupCode(Users users, TimeProvider time) : IDisposable
{
    /// <summary>How long a code is good.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(15);

    private readonly SemaphoreSlim gate = new(1);
    private OneTimeCode? code;
    private DateTimeOffset expires;

    /// <summary>
    /// Makes the code that the link carries in its fragment. To be printed on standard output and nowhere else. Null when an
    /// administrator exists.
    /// </summary>
    public async Task<string?> CreateAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (await users.HasAdministratorAsync(cancellationToken).ConfigureAwait(false))
            {
                code = null;
                return null;
            }

            code = OneTimeCode.Create(out var text);
            expires = time.GetUtcNow() + Life;
            return text;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Makes the first administrator. A refused name or password does not use up the code.</summary>
    public async Task<Result<Person>> UseAsync(string text, string name, string password, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (await users.HasAdministratorAsync(cancellationToken).ConfigureAwait(false))
            {
                code = null;
                return Refused("There is an administrator already; sign in, or ask to be added.");
            }

            if (code is null || !code.Matches(text))
            {
                return Refused("This is not the set-up link of the running control plane. Use the one it printed when it started last.");
            }

            if (time.GetUtcNow() >= expires)
            {
                return Refused("The set-up link is good for 15 minutes and that time is over. Restart the control plane: it prints a new one.");
            }

            var created = await users.CreateFirstAdministratorAsync(name, password, cancellationToken).ConfigureAwait(false);
            if (created.Ok)
            {
                code = null;
            }

            return created;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => gate.Dispose();

    private static Refusal Refused(string detail) => new(RefusalReason.Forbidden, "Could not set up", detail);
}
