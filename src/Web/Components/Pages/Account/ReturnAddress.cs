namespace MeshConsole.Web.Components.Pages.Account;

/// <summary>Where a person goes after signing in: back to the page that was asked for, never to another site.</summary>
internal static class ReturnAddress
{
    /// <summary>The address when it is inside the console, else the console's first page.</summary>
    public static string Local(string? asked, PathString consoleBase)
    {
        var home = consoleBase.Value + "/";
        return asked is not null && asked.StartsWith(home, StringComparison.Ordinal) && !asked.Contains('\\', StringComparison.Ordinal) && !asked.StartsWith("//", StringComparison.Ordinal)
            ? asked
            : home;
    }
}
