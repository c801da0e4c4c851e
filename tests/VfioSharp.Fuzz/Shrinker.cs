namespace VfioSharp.Fuzz;

/// <summary>Leaves messages out of a conversation for as long as what is wrong stays wrong.</summary>
/// <param name="replay">Holds a conversation with a fresh victim; returns what that did wrong, or null.</param>
internal sealed class Shrinker(Func<Conversation, string?> replay)
{
    private const int MostReplays = 150;

    private int _replays;

    /// <summary>Shrinks.</summary>
    /// <returns>The shortest conversation that was found; null where this one does no harm on its own.</returns>
    public Conversation? Shrink(Conversation conversation)
    {
        if (!Fails(conversation))
            return null;
        for (var length = conversation.Messages.Count / 2; length > 0; length /= 2)
        {
            for (var start = 0; start < conversation.Messages.Count && _replays < MostReplays;)
            {
                var shorter = conversation.Without(start, length);
                if (shorter.Messages.Count > 0 && Fails(shorter))
                    conversation = shorter;
                else
                    start += length;
            }
        }

        return conversation;
    }

    private bool Fails(Conversation conversation)
    {
        _replays++;
        return replay(conversation) is not null;
    }
}
