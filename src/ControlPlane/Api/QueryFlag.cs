using MeshConsole.Shared;
using Microsoft.AspNetCore.Http;

namespace MeshConsole.ControlPlane.Api;

/// <summary>Parameters of ours that are on or off.</summary>
internal static class QueryFlag
{
    /// <summary>
    /// Reads <c>?name=true|false</c>; false when it is not there. Any other value is refused: who asks for <c>dryRun=yes</c>
    /// does not mean a write.
    /// </summary>
    public static Result<bool> Read(HttpRequest request, string name, string title)
    {
        if (!request.Query.TryGetValue(name, out var values))
        {
            return false;
        }

        return values is ["true"] ? true : values is ["false"] ? false : Refusal.Invalid(name, $"must be true or false, not '{values}'", title);
    }

    /// <summary>Refuses the parameter where it is not known, so that nobody takes a write for a look; null when it is not there.</summary>
    public static Refusal? Unknown(HttpRequest request, string name) =>
        request.Query.ContainsKey(name) ? Refusal.Invalid(name, "is not known here, so this would write; nothing was done") : null;
}
