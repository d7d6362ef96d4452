namespace MeshConsole.Shared.Language;

/// <summary>The words of Kuma's answers that several kinds use; clients and tests look for them.</summary>
public static class Messages
{
    /// <summary>A field or an object that is missing.</summary>
    public const string MustBeDefined = "must be defined";

    /// <summary>A value that is missing.</summary>
    public const string MustBeSet = "must be set";

    /// <summary>A value that does not go with the others.</summary>
    public const string MustNotBeSet = "must not be set";

    /// <summary>A field or an object that does not belong here.</summary>
    public const string MustNotBeDefined = "must not be defined";

    /// <summary>A list or text without anything in it.</summary>
    public const string MustNotBeEmpty = "must not be empty";

    /// <summary>A number of 0 or less.</summary>
    public const string GreaterThanZero = "must be greater than 0";

    /// <summary>A duration of 0 or less where it may be left out.</summary>
    public const string GreaterThanZeroWhenDefined = "must be greater than zero when defined";

    /// <summary>A duration below 0 where it may be left out.</summary>
    public const string NotNegativeWhenDefined = "must not be negative when defined";

    /// <summary>None of the fields is there.</summary>
    public static string AtLeastOneOf(params ReadOnlySpan<string> fields) => $"must have at least one defined: {string.Join(", ", fields)}";

    /// <summary>None or several of the fields are there.</summary>
    public static string ExactlyOneOf(string entity, params ReadOnlySpan<string> fields) => $"{entity} must have exactly one defined: {string.Join(", ", fields)}";

    /// <summary>Several of the kinds are there.</summary>
    public static string OnlyOneOf(string entity, params ReadOnlySpan<string> fields) => $"{entity} must have only one type defined: {string.Join(", ", fields)}";

    /// <summary>A number below <paramref name="low"/> or above <paramref name="high"/>; both are good.</summary>
    public static string InRange(string low, string high) => $"must be in inclusive range [{low}, {high}]";
}
