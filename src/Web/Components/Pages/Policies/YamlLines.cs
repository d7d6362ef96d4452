using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MeshConsole.Web.Components.Pages.Policies;

/// <summary>Finds the line of a field in YAML text, so that a fault can be shown where it is.</summary>
internal static partial class YamlLines
{
    /// <summary>The line of the field, or of the nearest parent that is there; 0 when nothing of it is.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="field">A path in Kuma's syntax, <c>spec.to[0].targetRef.kind</c>.</param>
    public static int Find(string text, string field)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            return (int)e.Start.Line;
        }

        if (stream.Documents.Count == 0)
        {
            return 0;
        }

        var node = stream.Documents[0].RootNode;
        var line = 0;
        foreach (var step in Steps(field))
        {
            switch (node)
            {
                case YamlMappingNode map:
                    var member = map.Children.FirstOrDefault(c => c.Key is YamlScalarNode key && key.Value == step);
                    if (member.Key is null)
                    {
                        return line;
                    }

                    line = (int)member.Key.Start.Line;
                    node = member.Value;
                    break;
                case YamlSequenceNode list when int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < list.Children.Count:
                    node = list.Children[index];
                    line = (int)node.Start.Line;
                    break;
                default:
                    return line;
            }
        }

        return line;
    }

    /// <summary>The line that a reader's message names, or 0.</summary>
    public static int InMessage(string message) =>
        LineInMessage().Match(message) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0;

    private static IEnumerable<string> Steps(string field) =>
        PathStep().Matches(field).Select(m => m.Groups[1].Success ? m.Groups[1].Value : m.Groups[2].Success ? m.Groups[2].Value : m.Groups[3].Value);

    [GeneratedRegex("""\["([^"]*)"\]|\[([0-9]+)\]|([^.\[\]]+)""", RegexOptions.CultureInvariant)]
    private static partial Regex PathStep();

    [GeneratedRegex(@"line ([0-9]+)", RegexOptions.CultureInvariant)]
    private static partial Regex LineInMessage();
}
