using MeshConsole.Shared;
using Microsoft.AspNetCore.Http;

namespace MeshConsole.ControlPlane.Access;

/// <summary>
/// The link that <c>demo</c> prints: signs in as the demo's administrator as often as one likes while the process runs, from
/// this machine only. Switched on by <see cref="CreateAsync"/>, which nothing but the demo calls.
/// </summary>
public sealed class DemoSignIn(Users users)
{
    /// <summary>Name of the demo's administrator.</summary>
    public const string Name = "demo";

    private OneTimeCode? code;

    /// <summary>Makes the administrator and the code of the link, to be printed on standard output and nowhere else.</summary>
    public async Task<string> CreateAsync(CancellationToken cancellationToken)
    {
        await users.EnsureAsync(Name, cancellationToken).ConfigureAwait(false);
        code = OneTimeCode.Create(out var text);
        return text;
    }

    /// <summary>The administrator, when the code is right and the request comes from this machine.</summary>
    public async Task<Result<Person>> UseAsync(string text, HttpContext context)
    {
        if (!ClientAddress.IsThisMachine(context))
        {
            return Refused("The demo's link works on the machine that runs it, not from elsewhere or through a proxy.");
        }

        if (code is null || !code.Matches(text))
        {
            return Refused("This is not the link of the running demo. Use the one it printed when it started last.");
        }

        var person = await users.EnsureAsync(Name, context.RequestAborted).ConfigureAwait(false);
        await users.NoteSignInAsync(person, $"by the demo's link from {context.Connection.RemoteIpAddress}", context.RequestAborted).ConfigureAwait(false);
        return person;
    }

    private static Refusal Refused(string detail) => new(RefusalReason.Forbidden, "Could not sign in", detail);
}
