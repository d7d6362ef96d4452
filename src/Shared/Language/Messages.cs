namespace MeshConsole.Shared.Language;

/// <summary>The words of Kuma's answers that several kinds use; clients and tests look for them.</summary>
public static class Messages
{
    public const string MustBeDefined = "must be defined";
    public const string MustBeSet = "must be set";
    public const string MustNotBeSet = "must not be set";
    public const string MustNotBeDefined = "must not be defined";
    public const string MustNotBeEmpty = "must not be empty";
    public const string GreaterThanZero = "must be greater than 0";
    public const string GreaterThanZeroWhenDefined = "must be greater than zero when defined";
    public const string NotNegativeWhenDefined = "must not be negative when defined";

    public static string AtLeastOneOf(params ReadOnlySpan<string> fields) => $"must have at least one defined: {string.Join(", ", fields)}";

    public static string ExactlyOneOf(string entity, params ReadOnlySpan<string> fields) => $"{entity} must have exactly one defined: {string.Join(", ", fields)}";

    public static string OnlyOneOf(string entity, params ReadOnlySpan<string> fields) => $"{entity} must have only one type defined: {string.Join(", ", fields)}";

    public static string InRange(string low, string high) => $"must be in inclusive range [{low}, {high}]";
}
