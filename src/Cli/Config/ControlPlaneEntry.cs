using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Config;

/// <summary>One control plane that meshctl knows: where it is, whom to trust, who one is there.</summary>
internal sealed record ControlPlaneEntry
{
    /// <summary>Address of a control plane on this machine, used when nothing else is said.</summary>
    public const string DefaultAddress = "http://localhost:5681";

    /// <summary>The name a person gave it; empty when it comes from the command line.</summary>
    public string Name { get; init; } = "";

    /// <summary>Address of its API, <c>http(s)://host:port</c>, a path below that allowed.</summary>
    public string Address { get; init; } = DefaultAddress;

    /// <summary>PEM file with the CA of its certificate; empty for those that the system trusts.</summary>
    public string CaCertFile { get; init; } = "";

    /// <summary>True when nothing said which control plane is meant.</summary>
    public bool IsFallback { get; init; }

    /// <summary>True: its certificate is not checked.</summary>
    public bool SkipVerify { get; init; }

    /// <summary>User token, or empty.</summary>
    public string Token { get; init; } = "";

    /// <summary>File with the user token, read at each call; empty for none.</summary>
    public string TokenFile { get; init; } = "";

    /// <summary>How one signs in there, never the token itself.</summary>
    public string Authentication => TokenFile.Length > 0 ? $"token from {TokenFile}" : Token.Length > 0 ? "token" : "none";

    /// <summary>The token to send; empty for none.</summary>
    public Result<string> ReadToken()
    {
        if (TokenFile.Length == 0)
        {
            return IsToken(Token.Trim()) || Token.Length == 0 ? Token.Trim() : new Refusal(RefusalReason.Invalid, "The token cannot be used", "it must be one word without spaces");
        }

        try
        {
            var token = File.ReadAllText(TokenFile).Trim();
            return IsToken(token) ? token : new Refusal(RefusalReason.Invalid, "The token file cannot be used", $"{TokenFile} must hold one token and nothing else");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Refusal(RefusalReason.Invalid, "The token file cannot be read", e.Message);
        }
    }

    /// <summary>Why <paramref name="address"/> is no address of a control plane, or null.</summary>
    public static string? WrongAddress(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Query.Length == 0 && uri.UserInfo.Length == 0
            ? null
            : $"'{address}' is no address of a control plane; it looks like https://mesh.example:5682 or {DefaultAddress}";

    /// <summary>True when a token would travel in the clear to another machine.</summary>
    public bool SendsTokenInTheClear => Authentication != "none" && Uri.TryCreate(Address, UriKind.Absolute, out var uri) && uri.Scheme == "http" && !uri.IsLoopback;

    private static bool IsToken(string text) => text.Length > 0 && text.All(c => c is > ' ' and < '\x7f');

    internal static ControlPlaneEntry Read(JsonObject json) => new()
    {
        Name = json.String("name") ?? "",
        Address = json.String("address") ?? DefaultAddress,
        CaCertFile = json.String("caCertFile") ?? "",
        SkipVerify = json.IsTrue("skipVerify"),
        Token = json.String("token") ?? "",
        TokenFile = json.String("tokenFile") ?? "",
    };

    internal JsonObject Write()
    {
        var json = new JsonObject { ["name"] = Name, ["address"] = Address };
        Add("caCertFile", CaCertFile);
        if (SkipVerify)
        {
            json["skipVerify"] = true;
        }

        Add("token", Token);
        Add("tokenFile", TokenFile);
        return json;

        void Add(string member, string value)
        {
            if (value.Length > 0)
            {
                json[member] = value;
            }
        }
    }
}
