namespace MeshConsole.Shared.Language;

/// <summary>Walks lists together with the field path of each item.</summary>
public static class ListWalk
{
    /// <summary>Calls <paramref name="check"/> with each item of a list at <paramref name="path"/> and the item's own path.</summary>
    public static void Each<T>(this IReadOnlyList<T>? list, string path, Action<T, string> check)
    {
        for (var i = 0; i < (list?.Count ?? 0); i++)
        {
            check(list![i], FieldPath.Item(path, i));
        }
    }
}
