using System.Globalization;

namespace MeshConsole.Shared;

/// <summary>Builds field paths in Kuma's syntax: <c>spec.to[0].targetRef.tags["team"]</c>.</summary>
public static class FieldPath
{
    /// <summary>The member <paramref name="name"/> of the object at <paramref name="path"/>.</summary>
    public static string Member(string path, string name) => path.Length == 0 ? name : name.Length == 0 ? path : $"{path}.{name}";

    /// <summary>The item <paramref name="index"/> of the list at <paramref name="path"/>, counted from 0.</summary>
    public static string Item(string path, int index) => string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]");

    /// <summary>The value of <paramref name="key"/> in the map at <paramref name="path"/>.</summary>
    public static string Key(string path, string key) => $"{path}[\"{key}\"]";
}
