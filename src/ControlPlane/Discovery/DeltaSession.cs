using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Protos.Envoy.Discovery;
using Sender = MeshConsole.Protos.Envoy.Core.ControlPlane;

namespace MeshConsole.ControlPlane.Discovery;

/// <summary>
/// The sending half of delta discovery for one stream, without I/O and without a clock of its own. The caller offers what is
/// wanted, hands in what the peer says, and takes responses out. Not thread-safe: one loop owns it.
/// <para>
/// Rules: the first answer of a type is complete, also when it is empty; at most one response per type is in flight; what
/// changes meanwhile is gathered, and the next response holds the net difference; a refused resource is not sent again until
/// its content changes or its retry is due, and never holds up the others.
/// </para>
/// </summary>
/// <param name="identifier">Who we are, for <c>control_plane.identifier</c>.</param>
/// <param name="maxBytes">Largest response in bytes.</param>
/// <param name="firstRetry">How long a refused resource waits before it is sent unchanged once more; doubles each time.</param>
public sealed class DeltaSession(string identifier, int maxBytes = 10_485_760, TimeSpan? firstRetry = null)
{
    /// <summary>The longest wait before a refused resource is sent unchanged once more.</summary>
    public static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(10);

    private const int Overhead = 4096;
    private readonly Dictionary<string, TypeState> types = new(StringComparer.Ordinal);
    private readonly TimeSpan firstRetry = firstRetry ?? TimeSpan.FromSeconds(30);
    private readonly Sender controlPlane = new() { Identifier = identifier };
    private long lastNonce;

    /// <summary>
    /// The peer takes what follows its first answer to a type for a difference, also when that answer was a refusal (Kuma since
    /// 2.10). Then the guilty one of a refused complete response can be looked for.
    /// </summary>
    public bool RefusalEndsFirst { get; set; }

    /// <summary>The types that the peer asked for, in the order of asking.</summary>
    public IReadOnlyCollection<string> Types => types.Keys;

    /// <summary>When the next refused resource is due to be sent again; null when none waits.</summary>
    public DateTimeOffset? NextRetry
    {
        get
        {
            DateTimeOffset? next = null;
            foreach (var type in types.Values)
            {
                foreach (var refused in type.Refused.Values)
                {
                    if (refused.RetryAt != DateTimeOffset.MaxValue && (next is null || refused.RetryAt < next))
                    {
                        next = refused.RetryAt;
                    }
                }
            }

            return next;
        }
    }

    /// <summary>True when the peer asked for the type.</summary>
    public bool IsAsked(string type) => types.ContainsKey(type);

    /// <summary>True when a response of the type waits for its answer.</summary>
    public bool IsInFlight(string type) => types.TryGetValue(type, out var state) && state.InFlight is not null;

    /// <summary>True when the complete set of the type does not fit into one response, so that it cannot be delivered.</summary>
    public bool IsTooLarge(string type) => types.TryGetValue(type, out var state) && state.TooLarge;

    /// <summary>Size in bytes of the complete set that was last sent or tried; 0 before.</summary>
    public long CompleteSize(string type) => types.TryGetValue(type, out var state) ? state.CompleteSize : 0;

    /// <summary>Takes in what the peer says. A request for a type of which nothing was offered yet waits for <see cref="OfferAll"/>.</summary>
    public DeltaAnswer Receive(DeltaDiscoveryRequest request, DateTimeOffset now)
    {
        var type = request.TypeUrl;
        if (!types.TryGetValue(type, out var state))
        {
            types[type] = new TypeState(type);
            return new DeltaAnswer(DeltaAnswerKind.First, type);
        }

        if (request.ResponseNonce.Length == 0)
        {
            state.MustAnswer = true;
            return new DeltaAnswer(DeltaAnswerKind.Again, type);
        }

        if (state.InFlight is not { } flight || flight.Nonce != request.ResponseNonce)
        {
            return new DeltaAnswer(DeltaAnswerKind.Stale, type);
        }

        state.InFlight = null;
        return request.ErrorDetail is null
            ? Accept(state, flight)
            : Refuse(state, flight, request.ErrorDetail.Message, now);
    }

    /// <summary>Offers one resource, or with null says that the name is gone. Ignored for types nobody asked for.</summary>
    public void Offer(string type, string name, DeltaItem? item)
    {
        if (types.TryGetValue(type, out var state) && state.Loaded)
        {
            state.Pending[name] = item;
        }
    }

    /// <summary>Offers the complete set of a type: what is not in it is gone.</summary>
    public void OfferAll(string type, IEnumerable<DeltaItem> items)
    {
        if (!types.TryGetValue(type, out var state))
        {
            return;
        }

        state.Pending.Clear();
        foreach (var item in items)
        {
            state.Pending[item.Name] = item;
        }

        foreach (var name in state.Sent.Keys)
        {
            state.Pending.TryAdd(name, null);
        }

        state.Loaded = true;
    }

    /// <summary>True when the type has nothing to send and nothing in flight: what was offered is what the peer was sent and answered.</summary>
    public bool IsSettled(string type) => types.TryGetValue(type, out var state)
        && state is { Answered: true, InFlight: null, Pending.Count: 0, Probes.Count: 0 } && !state.Refused.Values.Any(r => r.Suspect);

    /// <summary>
    /// The next response of a type, or null when nothing is to be sent now. What is returned counts as sent.
    /// </summary>
    /// <param name="type">The type.</param>
    /// <param name="mark">Kept with the response and given back by the answer to it.</param>
    /// <param name="now">The time, for retries.</param>
    public DeltaDiscoveryResponse? Next(string type, long mark, DateTimeOffset now)
    {
        if (!types.TryGetValue(type, out var state) || !state.Loaded || (state.InFlight is not null && !state.MustAnswer))
        {
            return null;
        }

        state.DropWhatIsKnown();
        if (!state.Answered)
        {
            return Complete(state, mark);
        }

        if (state.Pending.Count > 0)
        {
            return state.CompleteNext ? Complete(state, mark) : Difference(state, mark);
        }

        while (state.Probes.TryDequeue(out var probe))
        {
            if (Resend(state, probe, mark) is { } part)
            {
                return part;
            }
        }

        if (state.Refused.FirstOrDefault(r => r.Value.RetryAt <= now) is { Key: not null } due)
        {
            foreach (var refused in state.CompleteNext ? [.. state.Refused.Values] : (Refused[])[due.Value])
            {
                refused.Retrying = true;
                refused.RetryAt = DateTimeOffset.MaxValue; // until the answer comes
            }

            return state.CompleteNext ? Complete(state, mark)
                : due.Value.Gone is null ? Resend(state, [due.Key], mark)
                : Send(state, [], [due.Key], complete: false, mark);
        }

        if (state.MustAnswer)
        {
            return Send(state, [], [], complete: false, mark);
        }

        return null;
    }

    private static DeltaAnswer Accept(TypeState state, Flight flight)
    {
        state.Accepted = true;
        state.CompleteNext = false;
        return new DeltaAnswer(DeltaAnswerKind.Accepted, state.Type)
        {
            Mark = flight.Mark,
            Complete = flight.Complete,
            Cleared = state.Clear([.. flight.Changed, .. flight.Removed]),
            Unclear = state.Unclear(),
        };
    }

    private DeltaAnswer Refuse(TypeState state, Flight flight, string reason, DateTimeOffset now)
    {
        // Until the first acknowledgement of a type, receivers may take every response for the complete state. So it is sent
        // once more as a whole in any case; whether parts may follow then depends on the receiver.
        state.CompletesRefused += flight.Complete ? 1 : 0;
        var partsMayFollow = state.Accepted || (RefusalEndsFirst && state.CompletesRefused > 1);
        state.CompleteNext = !partsMayFollow;

        var complaint = new RefusalText(reason);
        var named = flight.Changed.Concat(flight.Removed).Where(complaint.Names).ToHashSet(StringComparer.Ordinal);
        var nobodyKnows = named.Count == 0 && flight.Changed.Length > 1;
        if (nobodyKnows && partsMayFollow)
        {
            foreach (var name in flight.Changed)
            {
                state.Refused.Remove(name);
            }

            var half = flight.Changed.Length / 2;
            state.Probes.Enqueue(flight.Changed[..half]);
            state.Probes.Enqueue(flight.Changed[half..]);
            return new DeltaAnswer(DeltaAnswerKind.Refused, state.Type) { Mark = flight.Mark, Complete = flight.Complete, Reason = reason, Unclear = state.Unclear() };
        }

        var guilty = named.Count > 0 ? named : new HashSet<string>(flight.Changed.Length > 0 ? flight.Changed : flight.Removed, StringComparer.Ordinal);
        var cleared = state.Clear(flight.Changed.Concat(flight.Removed).Where(n => !guilty.Contains(n)));
        foreach (var name in guilty)
        {
            var attempts = state.Refused.TryGetValue(name, out var before) && before.Retrying ? before.Attempts + 1 : 1;
            var wait = TimeSpan.FromTicks(Math.Min(LongestRetry.Ticks, firstRetry.Ticks << Math.Min(attempts - 1, 10)));
            state.Refused[name] = new Refused { Attempts = attempts, RetryAt = now + wait, Suspect = nobodyKnows && RefusalEndsFirst, Gone = flight.Gone.GetValueOrDefault(name) };
        }

        return new DeltaAnswer(DeltaAnswerKind.Refused, state.Type)
        {
            Mark = flight.Mark,
            Complete = flight.Complete,
            Reason = reason,
            Cleared = cleared,
            Unclear = state.Unclear(),
            Refusals = nobodyKnows && RefusalEndsFirst ? [] : [.. guilty.Select(n => new DeltaRefusal(
                n,
                state.Sent.GetValueOrDefault(n) ?? flight.Gone.GetValueOrDefault(n),
                nobodyKnows ? $"refused together with {guilty.Count - 1} others, without saying which one: {reason}" : complaint.About(n)))],
        };
    }

    private DeltaDiscoveryResponse? Complete(TypeState state, long mark)
    {
        var all = new Dictionary<string, DeltaItem>(state.Sent, StringComparer.Ordinal);
        foreach (var (name, item) in state.Pending)
        {
            if (item is null)
            {
                all.Remove(name);
            }
            else
            {
                all[name] = item;
            }
        }

        state.CompleteSize = Overhead + all.Values.Sum(i => (long)i.Size);
        state.TooLarge = state.CompleteSize > maxBytes;
        if (state.TooLarge)
        {
            return null; // never split: what is missing from a complete answer is deleted by the peer
        }

        ImmutableArray<string> removed = [.. state.Sent.Keys.Concat(state.Refused.Where(r => r.Value.Gone is not null).Select(r => r.Key)).Where(n => !all.ContainsKey(n))];
        state.Pending.Clear();
        state.Probes.Clear();
        return Send(state, [.. all.Values], removed, complete: true, mark);
    }

    private DeltaDiscoveryResponse Difference(TypeState state, long mark)
    {
        var budget = (long)maxBytes - Overhead;
        var changed = new List<DeltaItem>();
        var removed = new List<string>();
        foreach (var (name, item) in state.Pending)
        {
            budget -= item?.Size ?? (name.Length + 8);
            if (budget < 0 && changed.Count + removed.Count > 0)
            {
                break;
            }

            if (item is null)
            {
                removed.Add(name);
            }
            else
            {
                changed.Add(item);
            }
        }

        foreach (var item in changed)
        {
            state.Pending.Remove(item.Name);
        }

        foreach (var name in removed)
        {
            state.Pending.Remove(name);
        }

        // A part of a difference settles nothing yet; the last part does.
        return Send(state, [.. changed], [.. removed], complete: false, state.Pending.Count == 0 ? mark : 0);
    }

    private DeltaDiscoveryResponse? Resend(TypeState state, ImmutableArray<string> names, long mark)
    {
        DeltaItem[] items = [.. names.Select(n => state.Sent.GetValueOrDefault(n)).OfType<DeltaItem>()];
        return items.Length == 0 ? null : Send(state, [.. items], [], complete: false, mark);
    }

    private DeltaDiscoveryResponse Send(TypeState state, ImmutableArray<DeltaItem> changed, ImmutableArray<string> removed, bool complete, long mark)
    {
        var response = new DeltaDiscoveryResponse
        {
            TypeUrl = state.Type,
            Nonce = (++lastNonce).ToString(CultureInfo.InvariantCulture),
            ControlPlane = controlPlane,
        };
        foreach (var item in changed)
        {
            response.Resources.Add(item.Message);
            if (!state.Sent.TryGetValue(item.Name, out var before) || before.Version != item.Version)
            {
                state.Refused.Remove(item.Name); // other content: judged anew
            }

            state.Sent[item.Name] = item;
        }

        var gone = ImmutableDictionary.CreateBuilder<string, DeltaItem>(StringComparer.Ordinal);
        foreach (var name in removed)
        {
            response.RemovedResources.Add(name);
            if (state.Sent.Remove(name, out var item))
            {
                state.Refused.Remove(name);
                gone[name] = item;
            }
            else if (state.Refused.TryGetValue(name, out var refused) && refused.Gone is { } before)
            {
                gone[name] = before;
            }
        }

        state.MustAnswer = false;
        state.Answered = true;
        state.InFlight = new Flight(response.Nonce, [.. changed.Select(i => i.Name)], removed, gone.ToImmutable(), complete, mark);
        return response;
    }

    private sealed record Flight(string Nonce, ImmutableArray<string> Changed, ImmutableArray<string> Removed, ImmutableDictionary<string, DeltaItem> Gone, bool Complete, long Mark);

    private sealed class Refused
    {
        public required int Attempts { get; init; }

        public required DateTimeOffset RetryAt { get; set; }

        public bool Retrying { get; set; }

        /// <summary>Refused with others without a word which one it was: perhaps it is not refused at all.</summary>
        public bool Suspect { get; init; }

        /// <summary>For a removal that was refused: what was to be removed.</summary>
        public DeltaItem? Gone { get; init; }
    }

    private sealed class TypeState(string type)
    {
        public string Type { get; } = type;

        /// <summary>What the peer was sent.</summary>
        public Dictionary<string, DeltaItem> Sent { get; } = new(StringComparer.Ordinal);

        /// <summary>What was offered since; null: gone.</summary>
        public Dictionary<string, DeltaItem?> Pending { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, Refused> Refused { get; } = new(StringComparer.Ordinal);

        /// <summary>Parts of refused responses that are sent again to find out which resource it was.</summary>
        public Queue<ImmutableArray<string>> Probes { get; } = new();

        public Flight? InFlight { get; set; }

        public bool Loaded { get; set; }

        public bool Answered { get; set; }

        public bool Accepted { get; set; }

        public bool CompleteNext { get; set; }

        /// <summary>How often the complete state was refused.</summary>
        public int CompletesRefused { get; set; }

        public bool MustAnswer { get; set; }

        public bool TooLarge { get; set; }

        public long CompleteSize { get; set; }

        /// <summary>Takes names off the list of refused ones; what was on it is returned.</summary>
        public ImmutableArray<DeltaItem> Clear(IEnumerable<string> names) =>
            [.. names.Select(n => Refused.Remove(n, out var refused) ? Sent.GetValueOrDefault(n) ?? refused.Gone : null).OfType<DeltaItem>()];

        public ImmutableArray<DeltaItem> Unclear() =>
            [.. Probes.SelectMany(p => p).Concat(Refused.Where(r => r.Value.Suspect).Select(r => r.Key)).Select(n => Sent.GetValueOrDefault(n)).OfType<DeltaItem>()];

        /// <summary>Forgets offers that are what the peer was sent already.</summary>
        public void DropWhatIsKnown()
        {
            List<string>? same = null;
            foreach (var (name, item) in Pending)
            {
                var known = Sent.GetValueOrDefault(name);
                if (item is null ? known is null : known is not null && known.Version == item.Version)
                {
                    (same ??= []).Add(name);
                }
            }

            if (same is null || !Answered)
            {
                return;
            }

            foreach (var name in same)
            {
                if (Pending[name] is { } newer)
                {
                    Sent[name] = newer;
                }

                Pending.Remove(name);
            }
        }
    }
}
