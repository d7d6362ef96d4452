using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Access;

/// <summary>What a sign-in name and a password have to be. Long beats complicated: no rule asks for kinds of characters.</summary>
public static class PasswordRules
{
    /// <summary>Fewest characters of a password.</summary>
    public const int MinLength = 12;

    /// <summary>Most characters of a password.</summary>
    public const int MaxLength = 256;

    /// <summary>Most characters of a name.</summary>
    public const int MaxNameLength = 63;

    /// <summary>The rule in words, for forms.</summary>
    public static string Hint => $"At least {MinLength} characters, at least 5 different ones, and not your name. A sentence is good.";

    /// <summary>Sign-in names are compared in lower case, without white space around them.</summary>
    public static string Normalize(string name) => name.Trim().ToLowerInvariant();

    /// <summary>Adds what is wrong with a (normalized) name at field <c>name</c>.</summary>
    public static void CheckName(string name, ViolationList violations)
    {
        if (name.Length is 0 or > MaxNameLength)
        {
            violations.Add("name", name.Length == 0 ? "cannot be empty" : $"has at most {MaxNameLength} characters");
            return;
        }

        // No colon: names such as mesh-system:admin and zone:lab belong to the control plane.
        violations.AddIf(
            !char.IsAsciiLetterOrDigit(name[0]) || name.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('.' or '_' or '-' or '@')),
            "name",
            "has letters, digits and . _ - @ only, and begins with a letter or digit");
    }

    /// <summary>Adds what is wrong with a password at field <c>password</c>.</summary>
    public static void CheckPassword(string name, string password, ViolationList violations)
    {
        violations.AddIf(password.Length < MinLength, "password", $"has at least {MinLength} characters");
        violations.AddIf(password.Length > MaxLength, "password", $"has at most {MaxLength} characters");
        violations.AddIf(password.Length >= MinLength && password.Distinct().Count() < 5, "password", "has at least 5 different characters");
        violations.AddIf(name.Length > 0 && string.Equals(Normalize(password), name, StringComparison.Ordinal), "password", "is not the name");
    }
}
