using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>What a selector of the kinds of 2021 must hold.</summary>
internal enum SelectorRule
{
    /// <summary>At least one tag, whichever.</summary>
    AnyTag,

    /// <summary>At least <c>kuma.io/service</c>.</summary>
    Service,

    /// <summary><c>kuma.io/service</c> and nothing else.</summary>
    ServiceOnly,
}

/// <summary>Checks of the selectors and tag maps of protobuf kinds.</summary>
internal static class SelectorCheck
{
    private const string MissingService = $"mandatory tag \"{TagKeys.Service}\" is missing";

    /// <summary>Checks a list of selectors that stands at <paramref name="path"/>.</summary>
    public static void Each(IReadOnlyList<Selector> selectors, string path, SelectorRule rule, ViolationList at, bool mayBeEmpty = false)
    {
        at.AddIf(!mayBeEmpty && selectors.Count == 0, path, "must have at least one element");
        for (var i = 0; i < selectors.Count; i++)
        {
            One(selectors[i].Match, FieldPath.Member(FieldPath.Item(path, i), "match"), rule, at);
        }
    }

    /// <summary>Checks one tag map that selects.</summary>
    public static void One(IReadOnlyDictionary<string, string> tags, string path, SelectorRule rule, ViolationList at)
    {
        var hasService = tags.ContainsKey(TagKeys.Service);
        if (rule == SelectorRule.ServiceOnly)
        {
            at.AddIf(tags.Count != 1 || !hasService, path, $"must consist of exactly one tag \"{TagKeys.Service}\"");
            foreach (var key in tags.Keys.Where(k => k != TagKeys.Service).Order(StringComparer.Ordinal))
            {
                at.Add(FieldPath.Key(path, key), $"tag \"{key}\" is not allowed");
            }
        }
        else
        {
            at.AddIf(tags.Count == 0, path, "must have at least one tag");
        }

        TagCheck.Selector(tags, path, at);
        at.AddIf(rule != SelectorRule.AnyTag && !hasService, path, MissingService);
    }

    /// <summary>Checks the tags of a thing; <c>kuma.io/service</c> must be among them.</summary>
    public static void ServiceTags(IReadOnlyDictionary<string, string> tags, string path, ViolationList at)
    {
        TagCheck.Tags(tags, path, at);
        at.AddIf(!tags.ContainsKey(TagKeys.Service), path, MissingService);
    }

    /// <summary>A protocol in tags must be one that is understood.</summary>
    public static void ProtocolTag(IReadOnlyDictionary<string, string> tags, string path, ViolationList at)
    {
        if (tags.TryGetValue(TagKeys.Protocol, out var protocol) && !Protocols.IsKnown(protocol))
        {
            at.Add(FieldPath.Key(path, TagKeys.Protocol), $"tag \"{TagKeys.Protocol}\" has an invalid value \"{protocol}\". {Protocols.Hint}");
        }
    }
}
