"""rnnlab: which recurrent network, at which size, learns your sequences best?"""
